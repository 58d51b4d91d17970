/* Frames and field lists of the session protocol (docs/session-protocol.md). Pure: no input, no output. */
#ifndef HULL_FRAME_H
#define HULL_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROTOCOL_VERSION 3
#define PROTOCOL_OLDEST 1

#define FRAME_HEADER 8
#define FRAME_PAYLOAD_MAX 65536
#define FRAME_MAX (FRAME_HEADER + FRAME_PAYLOAD_MAX)
#define REQUEST_MAX (4u << 20)
#define WINDOW (256u << 10)

enum frame_type {
	FRAME_HELLO = 0x01,
	FRAME_DATA = 0x02,
	FRAME_EOF = 0x03,
	FRAME_CREDIT = 0x04,
	FRAME_CLOSE = 0x05,
	FRAME_PREPARE = 0x10,
	FRAME_START = 0x11,
	FRAME_ATTACH = 0x12,
	FRAME_EXEC = 0x13,
	FRAME_SIGNAL = 0x14,
	FRAME_RESIZE = 0x15,
	FRAME_STATE = 0x16,
	FRAME_WAIT = 0x17,
	FRAME_CONFIGURE = 0x18,
	FRAME_GUEST_PREPARE = 0x19,
	FRAME_STATS = 0x1a,
	FRAME_PROCESSES = 0x1b,
	FRAME_UPDATE = 0x1c,
	FRAME_FREEZE = 0x1d,
	FRAME_FILES = 0x1e,
	FRAME_CUT_OFF = 0x1f,
	FRAME_OK = 0x20,
	FRAME_STARTED = 0x21,
	FRAME_EXIT = 0x22,
	FRAME_STATUS = 0x23,
	FRAME_ERROR = 0x24,
	FRAME_CLOSED = 0x25,
	FRAME_OOM = 0x30,
	FRAME_BOOTED = 0x31,
	FRAME_NAMES = 0x40,
};

enum stream { STREAM_STDIN = 0, STREAM_STDOUT = 1, STREAM_STDERR = 2 };

struct frame {
	uint32_t length;
	uint8_t type;
	uint8_t stream;
	uint16_t channel;
	const uint8_t *payload;
};

/* Bytes taken from the front of the buffer, 0 when the frame is not complete, -1 when it can never be valid. */
long frame_parse(const uint8_t *bytes, size_t length, struct frame *frame);

/* Writes the 8 bytes of a header. */
void frame_header(uint8_t *out, uint32_t length, uint8_t type, uint8_t stream, uint16_t channel);

/* True for what a client may send. */
bool frame_is_from_client(uint8_t type);

uint32_t frame_u32(const uint8_t *bytes);

/* Walks a field list. */
struct field {
	const char *key;
	const char *value;
	size_t value_length;
};

/* 1: a field was read and *offset moved on; 0: the end; -1: the list does not parse. */
int field_next(const uint8_t *list, size_t length, size_t *offset, struct field *field);

/* A decimal number of at most `max`; false for anything else. */
bool field_number(const struct field *field, uint64_t max, uint64_t *number);

/* Builds a field list in a fixed buffer; fields that do not fit are left out whole. */
struct fields {
	uint8_t *bytes;
	size_t length;
	size_t capacity;
};

void fields_text(struct fields *fields, const char *key, const char *value);
void fields_bytes(struct fields *fields, const char *key, const void *value, size_t length);
void fields_number(struct fields *fields, const char *key, uint64_t number);

#endif
