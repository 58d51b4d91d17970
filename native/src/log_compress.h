/* Rotated files of a log, compressed one at a time by gzip while the container goes on. */
#ifndef HULL_LOG_COMPRESS_H
#define HULL_LOG_COMPRESS_H

#include <stdbool.h>
#include <sys/types.h>

/* Begins with what an earlier run left uncompressed. `path` stays the caller's and must outlive log_compress_close. */
void log_compress_open(const char *path, const char *gzip, unsigned max_files);

/* Takes the oldest file that is not compressed, unless one is being compressed. */
void log_compress_next(void);

/* True when it was the child that compresses. */
bool log_compress_reaped(pid_t pid, int wait_status);

/* Gives up what is under way; the next run of the container takes it up. */
void log_compress_close(void);

#endif
