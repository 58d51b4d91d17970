/*
 * Stands in for what the sessions must not do for real: the OCI runtime, mounts, signals to processes, the passing of
 * time. Linked with --wrap for kill and clock_ms.
 */
#ifndef HULL_TEST_STAND_INS_H
#define HULL_TEST_STAND_INS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where the log goes; NULL: no log. */
extern const char *stand_in_log;

void stand_in_pass_time(uint64_t ms);

/* The oldest run of the runtime that is under way ends; nothing when there is none. */
void stand_in_runtime_ends(bool succeeds);
void stand_in_delete_ends(void);

/* One of the processes that run, by any number; all do nothing when there is none. */
void stand_in_write(unsigned which, bool to_stderr, size_t length);
void stand_in_read(unsigned which, size_t length);
void stand_in_close(unsigned which, unsigned stream);
void stand_in_exit(unsigned which, int code);

/* Lets go of everything. */
void stand_in_reset(void);

#endif
