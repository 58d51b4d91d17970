/* Time as the log and the exit record write it. */
#ifndef HULL_CLOCK_H
#define HULL_CLOCK_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define RFC3339_MAX 40

/* RFC 3339 in UTC with nanoseconds, trailing zeros left out as Go's RFC3339Nano does. Returns the length. */
size_t clock_format(char *out, const struct timespec *time);

/* Now, formatted and NUL-terminated. */
void clock_now(char *out);

/* Milliseconds of a clock that does not jump. */
uint64_t clock_ms(void);

#endif
