#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probe.h"

static const char *errno_name(int error)
{
	static const struct {
		int error;
		const char *name;
	} names[] = {
		{EPERM, "EPERM"}, {EACCES, "EACCES"}, {ENOENT, "ENOENT"}, {ENOSYS, "ENOSYS"}, {EROFS, "EROFS"},
		{EINVAL, "EINVAL"}, {ENXIO, "ENXIO"}, {ENODEV, "ENODEV"}, {EIO, "EIO"}, {EBUSY, "EBUSY"},
		{ENOMEM, "ENOMEM"}, {ENOSPC, "ENOSPC"}, {ENOTSUP, "ENOTSUP"}, {ECONNREFUSED, "ECONNREFUSED"},
		{EHOSTUNREACH, "EHOSTUNREACH"}, {ENETUNREACH, "ENETUNREACH"}, {ETIMEDOUT, "ETIMEDOUT"},
		{EAFNOSUPPORT, "EAFNOSUPPORT"}, {EPROTONOSUPPORT, "EPROTONOSUPPORT"}, {ENODATA, "ENODATA"},
	};
	static char number[16];
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (names[i].error == error)
			return names[i].name;
	}
	snprintf(number, sizeof number, "E%d", error);
	return number;
}

void say_fact(const char *name, const char *value)
{
	char clean[512];
	size_t length = 0;
	for (; value[length] && length < sizeof clean - 1; length++)
		clean[length] = (unsigned char)value[length] < ' ' ? ' ' : value[length];
	while (length > 0 && clean[length - 1] == ' ')
		length--;
	clean[length] = 0;
	printf("fact\t%s\t%s\n", name, clean);
}

void say_number(const char *name, uint64_t value)
{
	printf("fact\t%s\t%llu\n", name, (unsigned long long)value);
}

void say_check(const char *name, int error)
{
	printf("check\t%s\t%s\n", name, error ? errno_name(error) : "allowed");
	/* A check may end the process (a seccomp filter may kill): what was found until then is told. */
	fflush(stdout);
}

void say_begin(const char *name)
{
	printf("begin\t%s\n", name);
	fflush(stdout);
}

void say_end(const char *name, uint64_t units)
{
	printf("end\t%s\t%llu\n", name, (unsigned long long)units);
	fflush(stdout);
}

_Noreturn void fail(const char *name, int error)
{
	printf("failed\t%s\t%s\n", name, errno_name(error));
	fflush(stdout);
	_exit(1);
}
