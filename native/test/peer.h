/* The other end of a connection, for tests that play it by hand: one frame after another. */
#ifndef HULL_TEST_PEER_H
#define HULL_TEST_PEER_H

#include <stdbool.h>
#include <stddef.h>

#include "frame.h"

struct test_peer {
	int fd;
	uint8_t in[2 * FRAME_MAX];
	size_t length;
	/* Of the frame that was handed out last. */
	size_t used;
};

/* Connects it; returns the other end. */
int peer_open(struct test_peer *peer);
void peer_close(struct test_peer *peer);

/* Lets the supervisor do what there is to do. */
void peer_turn(void);

void peer_send(const struct test_peer *peer, uint8_t type, uint8_t stream, uint16_t channel, const void *payload,
	       size_t length);

/* The next frame that came, valid until the next call; false when there is none. */
bool peer_next(struct test_peer *peer, struct frame *frame);

/* The next frame has this type and channel; it may be looked at in `frame`, which may be NULL. */
bool peer_expect(struct test_peer *peer, uint8_t type, uint16_t channel, struct frame *frame);
bool peer_is_silent(struct test_peer *peer);

/* A field's value in a frame, or "". */
const char *peer_field(const struct frame *frame, const char *key);

/* With the fields as one literal, each value ended by a NUL. */
#define PEER_ASK(peer, type, channel, fields) peer_send(peer, type, 0, channel, fields, sizeof(fields) - 1)

#endif
