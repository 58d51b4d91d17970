#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "check.h"
#include "spec.h"

#define ROUNDS 20000u

/* A field list of `key=value` texts. */
static size_t encode(uint8_t *out, const char *const *fields, size_t count)
{
	size_t length = 0;
	for (size_t i = 0; i < count; i++) {
		size_t size = strlen(fields[i]) + 1;
		memcpy(out + length, fields[i], size);
		char *equals = strchr((char *)out + length, '=');
		if (equals)
			*equals = 0;
		length += size;
	}
	return length;
}

static const char *const least[] = {"layer=0:4096", "upper=tmpfs"};

/* The least that is needed and one field more; the message, to be freed. */
static char *read_with(const char *field, struct spec *spec)
{
	uint8_t list[1024];
	const char *const fields[] = {least[0], least[1], field};
	return spec_read(spec, list, encode(list, fields, 3));
}

static void check_read(const char *field)
{
	struct spec spec;
	char *message = read_with(field, &spec);
	CHECK(!message);
	if (message)
		printf("%s: %s\n", field, message);
	free(message);
	spec_free(&spec);
}

static void check_refused(const char *field, const char *expected)
{
	struct spec spec;
	char *message = read_with(field, &spec);
	CHECK(message && strstr(message, expected));
	free(message);
	spec_free(&spec);
}

static void reads_values(void)
{
	struct spec spec;
	char *message = read_with("device=/dev/x:b:8:17:640:1:2", &spec);
	CHECK(!message && spec.device_count == 1 && spec.devices[0].number == makedev(8, 17) && spec.devices[0].gid == 2);
	spec_free(&spec);
	message = read_with("seccomp=BgAAAAAA/38=", &spec);
	CHECK(!message && spec.filter_count == 1 && spec.filter[0].code == 6 && spec.filter[0].k == 0x7fff0000);
	spec_free(&spec);
	message = read_with("rlimit=RLIMIT_NOFILE:18446744073709551615:5", &spec);
	CHECK(!message && spec.program.limits[0].values.rlim_cur == RLIM_INFINITY && spec.program.limits[0].values.rlim_max == 5);
	spec_free(&spec);
	message = read_with("limit-pids=max", &spec);
	CHECK(!message && spec.limits.values[LIMIT_PIDS] == UINT64_MAX && spec.limits.set == 1u << LIMIT_PIDS);
	spec_free(&spec);
}

static void refuses_values(void)
{
	static const char *const wrong[] = {
		"layer=1:4096",	     "layer=0:0",	      "layer=0:4096x",	    "upper=nfs",	 "uid=-1",
		"gid=4294967296",    "umask=9",		      "rlimit=NONSENSE:1:1", "rlimit=NOFILE:1",	 "rlimit=NOFILE:1:2:3",
		"cwd=relative",	     "seccomp=####",	      "seccomp=BgAA",	    "device=dev:c:1:3:666:0:0",
		"device=/dev/x:q:1", "masked-path=relative",  "sysctl=nothing",	    "limit-memory=lots", "columns=65536",
		"guest-mount-target=relative", "guest-mount-option=ro", "read-only=0", "no-new-privileges=yes",
	};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		check_refused(wrong[i], "invalid value of field");
	check_refused("colour=red", "unknown field colour");
	check_refused("guest-mount-target=/x", "field guest-mount-type is missing");
	check_refused("machine=1", "field pid-namespace is missing");
	check_read("arg=");
	check_read("env=A=B");
	check_read("oom-score-adj=-500");
}

static uint64_t state = 88172645463325252ULL;

static uint32_t next(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 16);
}

/* Known keys, values of which some are right, and bytes changed here and there. */
static void plays_random_lists(void)
{
	static const char *const pieces[] = {
		"arg", "env", "cwd", "uid", "group", "umask", "cap-ambient", "rlimit", "layer", "upper", "device", "seccomp", "sysctl",
		"guest-mount-target", "guest-mount-type", "guest-mount-source", "guest-mount-content", "guest-mount-option", "limit-pids",
		"masked-path", "machine", "init", "1", "0:512", "tmpfs", "/dev/x:c:1:3:666:0:0", "NOFILE:1:1", "BgAAAAAA/38=", "a=b", "/x",
		"bind", "file", "shared", "max", "18446744073709551616", "", ":::::", "%s%n", "777",
	};
	size_t count = sizeof pieces / sizeof *pieces;
	for (unsigned round = 0; round < ROUNDS; round++) {
		size_t length = 0;
		uint8_t list[2048];
		for (unsigned parts = next() % 24; parts; parts--) {
			const char *piece = pieces[next() % count];
			memcpy(list + length, piece, strlen(piece) + 1);
			length += strlen(piece) + 1;
		}
		for (unsigned changes = next() % 4; changes && length; changes--)
			list[next() % length] = (uint8_t)next();
		/* Exactly as large as its contents, so that a byte too far is seen. */
		uint8_t *exact = malloc(length ? length : 1);
		if (!exact)
			abort();
		memcpy(exact, list, length);
		struct spec spec;
		free(spec_read(&spec, exact, length));
		spec_free(&spec);
		free(exact);
	}
}

void guest_spec_tests(void)
{
	test_begin("what a guest is told of its container is read");
	reads_values();
	test_begin("what a guest is told wrongly is refused by name");
	refuses_values();
	test_begin("random field lists of known keys");
	plays_random_lists();
}
