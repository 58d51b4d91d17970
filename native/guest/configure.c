#include "configure.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/random.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "child.h"
#include "frame.h"
#include "network.h"
#include "program.h"
#include "text.h"

#define INTERFACES_MAX 4
#define SEED_MAX 512

struct configuration {
	const char *hostname;
	const char *domainname;
	uint64_t time;
	uint8_t seed[SEED_MAX];
	size_t seed_length;
	struct interface interfaces[INTERFACES_MAX];
	size_t interface_count;
};

static bool is(const struct field *field, const char *key)
{
	return strcmp(field->key, key) == 0;
}

static bool take_seed(struct configuration *to, const struct field *field)
{
	if (field->value_length == 0 || field->value_length % 2 || field->value_length / 2 > SEED_MAX)
		return false;
	if (strspn(field->value, "0123456789abcdefABCDEF") != field->value_length)
		return false;
	to->seed_length = field->value_length / 2;
	for (size_t i = 0; i < to->seed_length; i++) {
		char byte[3] = {field->value[2 * i], field->value[2 * i + 1], 0};
		to->seed[i] = (uint8_t)strtoul(byte, NULL, 16);
	}
	return true;
}

static bool take_mac(struct interface *interface, const struct field *field)
{
	uint8_t *mac = interface->mac;
	int end = 0;
	interface->has_mac = true;
	return sscanf(field->value, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%n", &mac[0], &mac[1], &mac[2], &mac[3], &mac[4], &mac[5],
		      &end) == 6 &&
	       field->value[end] == 0;
}

static bool take_interface(struct configuration *to, const struct field *field)
{
	if (to->interface_count == INTERFACES_MAX)
		return false;
	to->interfaces[to->interface_count++] = (struct interface){.name = field->value, .nic = -1};
	return field->value_length > 0 && field->value_length < 16 && !strchr(field->value, '/');
}

static enum taken take_of_interface(struct configuration *to, const struct field *field)
{
	uint64_t number;
	bool valid;
	if (to->interface_count == 0)
		return FIELD_UNKNOWN;
	struct interface *interface = &to->interfaces[to->interface_count - 1];
	if (is(field, "nic")) {
		valid = field_number(field, 3, &number);
		interface->nic = valid ? (int)number : -1;
	} else if (is(field, "mac")) {
		valid = take_mac(interface, field);
	} else if (is(field, "mtu")) {
		valid = field_number(field, 65535, &number) && number >= 68;
		interface->mtu = valid ? (uint32_t)number : 0;
	} else if (is(field, "address")) {
		list_add(&interface->addresses, field->value);
		valid = true;
	} else if (is(field, "gateway")) {
		list_add(&interface->gateways, field->value);
		valid = true;
	} else if (is(field, "down")) {
		interface->down = valid = strcmp(field->value, "1") == 0;
	} else {
		return FIELD_UNKNOWN;
	}
	return valid ? FIELD_TAKEN : FIELD_INVALID;
}

static enum taken take(struct configuration *to, const struct field *field)
{
	bool valid;
	if (is(field, "hostname")) {
		to->hostname = field->value;
		valid = field->value_length > 0 && field->value_length <= 64;
	} else if (is(field, "domainname")) {
		to->domainname = field->value;
		valid = field->value_length <= 64;
	} else if (is(field, "time")) {
		valid = field_number(field, INT64_MAX, &to->time) && to->time > 0;
	} else if (is(field, "seed")) {
		valid = take_seed(to, field);
	} else if (is(field, "interface")) {
		valid = take_interface(to, field);
	} else {
		return take_of_interface(to, field);
	}
	return valid ? FIELD_TAKEN : FIELD_INVALID;
}

/* In the machine's own namespace, and in the running container's if that has one. */
static bool name_host(const struct configuration *to)
{
	if (to->hostname && sethostname(to->hostname, strlen(to->hostname)) < 0)
		return false;
	return !to->domainname || setdomainname(to->domainname, strlen(to->domainname)) == 0;
}

static char *set_names(const struct configuration *to)
{
	bool done = name_host(to);
	pid_t leader = task_leader();
	int theirs = leader ? child_open_namespace(leader, "uts") : -1;
	int ours = theirs >= 0 ? open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC) : -1;
	if (ours >= 0 && setns(theirs, CLONE_NEWUTS) == 0) {
		done = name_host(to) && done;
		setns(ours, CLONE_NEWUTS);
	}
	int error = errno;
	if (theirs >= 0)
		close(theirs);
	if (ours >= 0)
		close(ours);
	return done ? NULL : text_message("cannot set the host name: %s", strerror(error));
}

static char *set_time(uint64_t time)
{
	struct timespec now = {.tv_sec = (time_t)(time / 1000000000), .tv_nsec = (long)(time % 1000000000)};
	return clock_settime(CLOCK_REALTIME, &now) < 0 ? text_message("cannot set the time: %s", strerror(errno)) : NULL;
}

static char *set_seed(const struct configuration *to)
{
	struct {
		struct rand_pool_info info;
		uint8_t bytes[SEED_MAX];
	} pool = {.info = {.entropy_count = (int)to->seed_length * 8, .buf_size = (int)to->seed_length}};
	memcpy(pool.info.buf, to->seed, to->seed_length);
	int fd = open("/dev/urandom", O_RDWR | O_CLOEXEC);
	bool done = fd >= 0 && ioctl(fd, RNDADDENTROPY, &pool) == 0 && ioctl(fd, RNDRESEEDCRNG) == 0;
	char *message = done ? NULL : text_message("cannot seed the random pool: %s", strerror(errno));
	if (fd >= 0)
		close(fd);
	return message;
}

static char *carry_out(const struct configuration *to)
{
	char *message = NULL;
	if (to->seed_length)
		message = set_seed(to);
	if (!message && to->time)
		message = set_time(to->time);
	if (!message && (to->hostname || to->domainname))
		message = set_names(to);
	for (size_t i = 0; i < to->interface_count && !message; i++)
		message = network_configure(&to->interfaces[i]);
	return message;
}

char *configure(const uint8_t *list, size_t length, const char **code)
{
	struct configuration to = {0};
	size_t offset = 0;
	struct field field;
	char *message = NULL;
	int more = 1;
	*code = "invalid_argument";
	while (!message && (more = field_next(list, length, &offset, &field)) > 0) {
		enum taken taken = take(&to, &field);
		if (taken != FIELD_TAKEN)
			message = text_message(taken == FIELD_UNKNOWN ? "unknown field %.128s" : "invalid value of field %.128s", field.key);
	}
	if (!message && more < 0)
		message = text_message("field list does not parse");
	if (!message) {
		*code = "runtime_failed";
		message = carry_out(&to);
	}
	for (size_t i = 0; i < to.interface_count; i++) {
		free(to.interfaces[i].addresses.items);
		free(to.interfaces[i].gateways.items);
	}
	return message;
}
