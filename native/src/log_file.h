/* A container's log: splits output into lines, writes them as Docker's json-file, rotates. */
#ifndef HULL_LOG_FILE_H
#define HULL_LOG_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

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
	/* See log_encode.h. */
	bool exact;
	/* Program that compresses rotated files, NULL: they stay as they are. */
	const char *gzip;
	/*
	 * Where it is noted how far the log was shipped (see docs/session-protocol.md), NULL: nobody waits for that. With it no file is
	 * rotated away before it is shipped, and log_holds says that reading has to wait.
	 */
	const char *shipped;
};

/* Opens or continues the log. A file that cannot be opened is tried again with each write; what came is counted. */
void log_open(const struct log_options *options);

/* Takes what a stream wrote; does nothing without a log. One write(2) per call in the usual case. */
void log_write(enum stream stream, const uint8_t *bytes, size_t length);

/* Writes a last line that has no newline. */
void log_end_stream(enum stream stream);

void log_close(void);

/* Nothing more is to be written for now: the file is full and the one before it not shipped. */
bool log_holds(void);

/* True for the child that compresses: what it made is put in place. */
bool log_reaped(pid_t pid, int wait_status);

/* Entries that could not be written (full disk). */
uint64_t log_dropped(void);

#endif
