/* The bytes that a random session is made from. */
#ifndef HULL_TEST_BYTES_H
#define HULL_TEST_BYTES_H

#include <stddef.h>
#include <stdint.h>

struct source_bytes {
	const uint8_t *at;
	const uint8_t *end;
};

static inline uint8_t take(struct source_bytes *from)
{
	return from->at < from->end ? *from->at++ : 0;
}

/* Mostly short, sometimes as long as a frame. */
static inline size_t take_length(struct source_bytes *from)
{
	size_t length = take(from);
	return length < 200 ? length : (length - 199) * 1170;
}

#endif
