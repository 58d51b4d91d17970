/* Entries of Docker's json-file log. Pure. */
#ifndef HULL_LOG_ENCODE_H
#define HULL_LOG_ENCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* No byte of text grows more than this when escaped (`\u00XX`, `\ufffd`). */
#define LOG_GROWTH 6
/* What an entry needs besides its text and attributes. */
#define LOG_OVERHEAD 160

struct log_entry {
	const uint8_t *text;
	size_t length;
	/* The text is the end of a line: a newline belongs behind it. */
	bool newline;
	const char *stream;
	/* Ready-made JSON, may be empty. */
	const char *attrs;
	size_t attrs_length;
	/* Bytes that are no UTF-8 are kept. */
	bool exact;
	struct timespec time;
};

/*
 * Writes `{"log":"…\n","stream":"stdout","attrs":{…},"time":"…"}` and a newline, escaped as Go's encoding/json does.
 * The room needed is at most LOG_GROWTH * length + attrs_length + LOG_OVERHEAD. Returns the length.
 */
size_t log_encode_entry(uint8_t *out, const struct log_entry *entry);

/*
 * The escaping alone, without quotes. A byte that is no UTF-8 becomes U+FFFD as with Go, or, exactly, the lone surrogate
 * U+DC80 + (byte - 0x80), which no UTF-8 text has. Returns the length.
 */
size_t log_encode_text(uint8_t *out, const uint8_t *text, size_t length, bool exact);

#endif
