#include "prepare.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend.h"
#include "client.h"
#include "file.h"
#include "frame.h"
#include "log_file.h"
#include "machine.h"
#include "rootfs.h"
#include "task.h"

struct claim {
	const char *id;
	const char *run_dir;
	const char *state_dir;
};

struct preparation {
	const char *runtime;
	const char *runtime_root;
	uint64_t runtime_timeout_ms;
	const char *config;
	size_t config_length;
	const char *cgroup;
	bool terminal;
	bool stdin_open;
	bool stdin_once;
	uint64_t columns;
	uint64_t rows;
	bool log_wanted;
	uint64_t log_max_size;
	uint64_t log_max_files;
	struct log_options log;
	struct machine_options machine;
	/* Whose a spare machine becomes. */
	struct claim claim;
	struct mount_request mounts[MOUNTS_MAX];
	size_t mount_count;
};

static bool is(const struct field *field, const char *key)
{
	return strcmp(field->key, key) == 0;
}

static bool flag(const struct field *field, bool *value)
{
	*value = true;
	return strcmp(field->value, "1") == 0;
}

static bool text(const struct field *field, const char **value)
{
	*value = field->value;
	return field->value_length > 0;
}

static bool take_mount(struct preparation *to, const struct field *field)
{
	if (is(field, "mount-type")) {
		if (to->mount_count == MOUNTS_MAX)
			return false;
		return text(field, &to->mounts[to->mount_count++].type);
	}
	if (to->mount_count == 0)
		return false;
	struct mount_request *mount = &to->mounts[to->mount_count - 1];
	if (is(field, "mount-source"))
		return text(field, &mount->source);
	if (is(field, "mount-cwd"))
		return !task.backend && text(field, &mount->cwd);
	if (is(field, "mount-target"))
		return task.backend && text(field, &mount->target) && *field->value == '/';
	if (mount->option_count == MOUNT_OPTIONS_MAX)
		return false;
	return is(field, "mount-option") && text(field, &mount->options[mount->option_count++]);
}

static bool take_list(const struct field *field, const char **list, size_t *count, size_t max)
{
	return *count < max && text(field, &list[(*count)++]);
}

/* As the supervisor writes it: it goes into the exit record as it is. */
static bool take_time(const struct field *field, const char **value)
{
	return text(field, value) && field->value_length < RFC3339_MAX &&
	       strspn(*value, "0123456789-:.+TZ") == field->value_length;
}

static bool take_capability(const struct field *field, uint64_t *capabilities)
{
	int bit = qemu_capability(field->value);
	if (bit >= 0)
		*capabilities |= UINT64_C(1) << bit;
	return bit >= 0;
}

static bool take_user(const struct field *field, uint32_t *id)
{
	uint64_t number = 0;
	bool valid = field_number(field, UINT32_MAX - 1, &number);
	*id = (uint32_t)number;
	return valid;
}

static bool take_machine(struct machine_options *to, const struct field *field)
{
	struct qemu_options *qemu = &to->qemu;
	if (is(field, "vm-program"))
		return qemu->argument_count == 0 && *field->value == '/' &&
		       take_list(field, qemu->arguments, &qemu->argument_count, QEMU_ARGUMENTS_MAX);
	if (is(field, "vm-argument"))
		return qemu->argument_count > 0 &&
		       take_list(field, qemu->arguments, &qemu->argument_count, QEMU_ARGUMENTS_MAX);
	if (is(field, "vm-preload"))
		return *field->value == '/' && field->value_length < PATH_MAX && text(field, &qemu->preload);
	if (is(field, "vm-uid"))
		return take_user(field, &qemu->uid);
	if (is(field, "vm-gid"))
		return take_user(field, &qemu->gid);
	if (is(field, "vm-capability"))
		return take_capability(field, &qemu->capabilities);
	if (is(field, "vm-cgroup"))
		return *field->value == '/' && take_list(field, qemu->cgroups, &qemu->cgroup_count, QEMU_CGROUPS_MAX);
	if (is(field, "vm-boot-timeout-ms"))
		return field_number(field, 3600000, &to->boot_timeout_ms) && to->boot_timeout_ms > 0;
	if (is(field, "vm-volatile"))
		return flag(field, &to->is_volatile);
	if (is(field, "vm-spare"))
		return !task.spare && flag(field, &to->spare);
	if (is(field, "vm-restored"))
		return flag(field, &to->restored);
	return is(field, "started-at") && take_time(field, &to->started_at);
}

static bool take_runtime(struct preparation *to, const struct field *field)
{
	if (is(field, "runtime"))
		return text(field, &to->runtime) && field->value[0] == '/';
	if (is(field, "runtime-root"))
		return text(field, &to->runtime_root) && field->value[0] == '/' && field->value_length < 4096;
	if (is(field, "runtime-timeout-ms"))
		return field_number(field, 3600000, &to->runtime_timeout_ms) && to->runtime_timeout_ms > 0;
	if (is(field, "config")) {
		to->config_length = field->value_length;
		return text(field, &to->config);
	}
	return is(field, "cgroup") && text(field, &to->cgroup);
}

static bool take_log(struct preparation *to, const struct field *field)
{
	if (is(field, "log-driver")) {
		to->log_wanted = strcmp(field->value, "json-file") == 0;
		return to->log_wanted || strcmp(field->value, "none") == 0;
	}
	if (is(field, "log-path"))
		return text(field, &to->log.path);
	if (is(field, "log-max-size"))
		return field_number(field, INT64_MAX, &to->log_max_size);
	if (is(field, "log-max-files"))
		return field_number(field, 10000, &to->log_max_files) && to->log_max_files > 0;
	if (is(field, "log-exact"))
		return flag(field, &to->log.exact);
	if (is(field, "log-compress"))
		return text(field, &to->log.gzip) && *field->value == '/';
	if (is(field, "log-shipped"))
		return text(field, &to->log.shipped) && *field->value == '/';
	to->log.attrs = field->value;
	return is(field, "log-attrs") && field->value_length <= LOG_ATTRS_MAX;
}

static bool take_claim(struct claim *to, const struct field *field)
{
	if (is(field, "claim-id"))
		return text(field, &to->id);
	if (field->value[0] != '/' || field->value_length >= 4096)
		return false;
	if (is(field, "claim-run-dir"))
		return text(field, &to->run_dir);
	return is(field, "claim-state-dir") && text(field, &to->state_dir);
}

static bool take(struct preparation *to, const struct field *field)
{
	if (strncmp(field->key, "mount-", 6) == 0)
		return take_mount(to, field);
	if (strncmp(field->key, "log-", 4) == 0)
		return take_log(to, field);
	if (is(field, "terminal"))
		return flag(field, &to->terminal);
	if (is(field, "stdin"))
		return flag(field, &to->stdin_open);
	if (is(field, "stdin-once"))
		return flag(field, &to->stdin_once);
	if (task.spare && strncmp(field->key, "claim-", 6) == 0)
		return take_claim(&to->claim, field);
	if (is(field, "columns"))
		return field_number(field, UINT16_MAX, &to->columns);
	if (is(field, "rows"))
		return field_number(field, UINT16_MAX, &to->rows);
	return task.backend ? take_machine(&to->machine, field) : take_runtime(to, field);
}

/* QEMU runs already, as whom and with what was said then. */
static const char *missing_of_claim(const struct preparation *preparation)
{
	const struct machine_options *machine = &preparation->machine;
	if (machine->qemu.argument_count || machine->qemu.cgroup_count || machine->qemu.uid || machine->qemu.gid ||
	    machine->qemu.capabilities || machine->qemu.preload)
		return "vm-…";
	if (machine->restored || machine->started_at || machine->boot_timeout_ms)
		return "vm-…";
	if (!preparation->claim.id)
		return "claim-id";
	if (!preparation->claim.run_dir)
		return "claim-run-dir";
	if (!preparation->claim.state_dir)
		return "claim-state-dir";
	for (size_t i = 0; i < preparation->mount_count; i++)
		if (!preparation->mounts[i].target)
			return "mount-target";
	return NULL;
}

static const char *missing_of_machine(const struct preparation *preparation)
{
	const struct machine_options *machine = &preparation->machine;
	if (machine->qemu.argument_count == 0)
		return "vm-program";
	/* QEMU is never root. */
	if (machine->qemu.uid == 0)
		return "vm-uid";
	if (machine->qemu.gid == 0)
		return "vm-gid";
	if (machine->spare && (machine->restored || preparation->log_wanted))
		return "vm-spare";
	if (machine->restored != (machine->started_at != NULL))
		return machine->restored ? "started-at" : "vm-restored";
	for (size_t i = 0; i < preparation->mount_count; i++)
		if (!preparation->mounts[i].target)
			return "mount-target";
	return NULL;
}

static const char *missing_of_bundle(const struct preparation *preparation)
{
	if (!preparation->runtime)
		return "runtime";
	if (!preparation->runtime_root)
		return "runtime-root";
	return preparation->config ? NULL : "config";
}

static const char *missing(const struct preparation *preparation)
{
	if (preparation->log_wanted && !preparation->log.path)
		return "log-path";
	for (size_t i = 0; i < preparation->mount_count; i++)
		if (!preparation->mounts[i].source)
			return "mount-source";
	if (task.spare)
		return missing_of_claim(preparation);
	return task.backend ? missing_of_machine(preparation) : missing_of_bundle(preparation);
}

static char *copy(const char *value)
{
	char *copied = value ? strdup(value) : NULL;
	if (value && !copied)
		abort();
	return copied;
}

/* An error message to be freed, or NULL. */
static char *carry_out(struct preparation *preparation)
{
	const struct claim *claim = &preparation->claim;
	if (task.spare && !task_become(claim->id, claim->run_dir, claim->state_dir)) {
		char *message = malloc(512);
		if (!message)
			abort();
		snprintf(message, 512, "take over %.200s and %.200s: %s", claim->run_dir, claim->state_dir, strerror(errno));
		return message;
	}
	task.runtime = copy(preparation->runtime);
	task.runtime_root = copy(preparation->runtime_root);
	task.cgroup = copy(preparation->cgroup);
	if (preparation->runtime_timeout_ms)
		task.runtime_timeout_ms = (uint32_t)preparation->runtime_timeout_ms;
	task.init.terminal = preparation->terminal;
	task.init.stdin_open = preparation->stdin_open;
	task.init.stdin_once = preparation->stdin_once;
	if (preparation->columns || preparation->rows)
		process_resize(&task.init, (uint16_t)preparation->columns, (uint16_t)preparation->rows);
	/* The record of an earlier run must not be taken for this one's. */
	unlinkat(task.state_fd, "exit.json", 0);
	if (preparation->config && !file_write(task.run_fd, "config.json", preparation->config, preparation->config_length)) {
		char *message = malloc(256);
		if (!message)
			abort();
		snprintf(message, 256, "write config.json to %.128s: %s", task.run_dir, strerror(errno));
		return message;
	}
	if (preparation->log_wanted) {
		preparation->log.max_size = preparation->log_max_size;
		preparation->log.max_files = (unsigned)preparation->log_max_files;
		if (!preparation->log.attrs)
			preparation->log.attrs = "";
		log_open(&preparation->log);
	}
	if (task.spare)
		return machine_claim(preparation->machine.is_volatile, preparation->mounts, preparation->mount_count);
	if (task.backend)
		return machine_prepare(&preparation->machine, preparation->mounts, preparation->mount_count);
	return rootfs_mount(task.run_fd, task.run_dir, preparation->mounts, preparation->mount_count);
}

void prepare_handle(struct client *client, uint16_t channel, const uint8_t *payload, size_t length)
{
	char message[256];
	if (task.prepared || task.prepare_error)
		return client_reply_error(client, channel, "conflict", "the task is prepared already");
	struct preparation *preparation = calloc(1, sizeof *preparation);
	if (!preparation)
		abort();
	size_t offset = 0;
	struct field field;
	int more;
	const char *wrong = NULL;
	while (!wrong && (more = field_next(payload, length, &offset, &field)) > 0)
		if (!take(preparation, &field))
			wrong = field.key;
	if (!wrong && more < 0) {
		client_fail(client, "field list does not parse");
	} else if (wrong || (wrong = missing(preparation))) {
		snprintf(message, sizeof message, "field %.128s is unknown, invalid or missing", wrong);
		client_reply_error(client, channel, "invalid_argument", message);
		task.prepare_error = copy(message);
	} else if ((task.prepare_error = carry_out(preparation))) {
		client_reply_error(client, channel, "runtime_failed", task.prepare_error);
	} else {
		task.spare = preparation->machine.spare;
		task.prepared = !task.spare;
		client_reply(client, channel, FRAME_OK, NULL, 0);
	}
	free(preparation);
}
