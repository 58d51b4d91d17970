/* A container's log: splits output into lines, writes them as Docker's json-file, rotates. */
#ifndef HULL_LOG_FILE_H
#define HULL_LOG_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "frame.h"

/* Docker cuts longer lines into entries of this size. */
#define LOG_LINE_MAX 16384
#define LOG_ATTRS_MAX 65536

struct log_options {
	const char *path;
	/* 0: no limit. */
	uint64_t max_size;
	unsigned max_files;
	const char *attrs;
};

/* Opens or continues the log. A file that cannot be opened is tried again with each write; what came is counted. */
void log_open(const struct log_options *options);

/* Takes what a stream wrote; does nothing without a log. One write(2) per call in the usual case. */
void log_write(enum stream stream, const uint8_t *bytes, size_t length);

/* Writes a last line that has no newline. */
void log_end_stream(enum stream stream);

void log_close(void);

/* Entries that could not be written (full disk). */
uint64_t log_dropped(void);

#endif
