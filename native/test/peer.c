#include "peer.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client.h"
#include "loop.h"
#include "task.h"

int peer_open(struct test_peer *peer)
{
	int ends[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) < 0)
		abort();
	peer->fd = ends[1];
	peer->length = peer->used = 0;
	return ends[0];
}

void peer_close(struct test_peer *peer)
{
	if (peer->fd >= 0)
		close(peer->fd);
	peer->fd = -1;
	peer_turn();
}

void peer_turn(void)
{
	for (int rounds = 0; rounds < 4; rounds++) {
		loop_turn(0);
		clients_settle();
		task_sweep();
	}
}

void peer_send(const struct test_peer *peer, uint8_t type, uint8_t stream, uint16_t channel, const void *payload,
	       size_t length)
{
	static uint8_t bytes[FRAME_MAX];
	frame_header(bytes, (uint32_t)length, type, stream, channel);
	if (length)
		memcpy(bytes + FRAME_HEADER, payload, length);
	if (write(peer->fd, bytes, FRAME_HEADER + length) != (ssize_t)(FRAME_HEADER + length))
		abort();
	peer_turn();
}

bool peer_next(struct test_peer *peer, struct frame *frame)
{
	peer_turn();
	peer->length -= peer->used;
	memmove(peer->in, peer->in + peer->used, peer->length);
	peer->used = 0;
	ssize_t count = read(peer->fd, peer->in + peer->length, sizeof peer->in - peer->length);
	if (count > 0)
		peer->length += (size_t)count;
	long size = frame_parse(peer->in, peer->length, frame);
	if (size <= 0)
		return false;
	peer->used = (size_t)size;
	return true;
}

bool peer_expect(struct test_peer *peer, uint8_t type, uint16_t channel, struct frame *frame)
{
	struct frame own;
	frame = frame ? frame : &own;
	return peer_next(peer, frame) && frame->type == type && frame->channel == channel;
}

bool peer_is_silent(struct test_peer *peer)
{
	struct frame frame;
	return !peer_next(peer, &frame);
}

const char *peer_field(const struct frame *frame, const char *key)
{
	size_t offset = 0;
	struct field field;
	while (field_next(frame->payload, frame->length, &offset, &field) > 0)
		if (strcmp(field.key, key) == 0)
			return field.value;
	return "";
}
