#include "clock.h"

#include <stdio.h>
#include <string.h>

size_t clock_format(char *out, const struct timespec *time)
{
	/* Calendar arithmetic once a second: a log of many lines asks for the same one over and over. */
	static time_t cached = -1;
	static char prefix[24];
	if (time->tv_sec != cached) {
		struct tm parts;
		gmtime_r(&time->tv_sec, &parts);
		if (!strftime(prefix, sizeof prefix, "%Y-%m-%dT%H:%M:%S", &parts))
			prefix[0] = 0;
		cached = time->tv_sec;
	}
	size_t length = strlen(prefix);
	memcpy(out, prefix, length);
	if (time->tv_nsec) {
		char digits[9];
		long nanos = time->tv_nsec;
		for (int i = 8; i >= 0; i--, nanos /= 10)
			digits[i] = (char)('0' + nanos % 10);
		size_t count = 9;
		while (digits[count - 1] == '0')
			count--;
		out[length++] = '.';
		memcpy(out + length, digits, count);
		length += count;
	}
	out[length++] = 'Z';
	return length;
}

void clock_now(char *out)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	out[clock_format(out, &now)] = 0;
}

uint64_t clock_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}
