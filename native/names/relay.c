/*
 * Questions of a machine, brought by its supervisor: frames of LENGTH (2 bytes, big endian, of what follows), TAG
 * (2 bytes, the supervisor's own), KIND (1 byte: 0 a datagram's question, 1 a connection's) and the message. Answers
 * come as frames with the question's tag and kind, in any order. What is no query is answered with an empty message.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "names.h"

#define HEAD 5
#define FRAME (2 + 3 + MESSAGE_MAX)
/* As many as a supervisor has under way. */
#define OUTSTANDING_MAX 64u
#define OUT_MAX (OUTSTANDING_MAX * FRAME)

struct relay {
	struct connection connection;
	unsigned outstanding;
	bool broken;
	size_t in_length;
	uint8_t *out;
	size_t out_length;
	uint8_t in[FRAME];
};

static void relay_end(struct connection *connection)
{
	struct relay *relay = container_of(connection, struct relay, connection);
	connection->container->relays--;
	connection_forget(connection);
	free(relay->out);
	free(relay);
}

static void relay_flush(struct relay *relay)
{
	ssize_t count = relay->out_length ? send(relay->connection.source.fd, relay->out, relay->out_length,
						 MSG_DONTWAIT | MSG_NOSIGNAL) : 0;
	relay->broken |= count < 0 && errno != EAGAIN && errno != EINTR;
	if (count > 0) {
		relay->out_length -= (size_t)count;
		memmove(relay->out, relay->out + count, relay->out_length);
	}
	loop_want(&relay->connection.source, EPOLLIN | (relay->out_length ? EPOLLOUT : 0u));
}

static void relay_reply(struct connection *connection, const struct origin *origin, const uint8_t *bytes, size_t length)
{
	struct relay *relay = container_of(connection, struct relay, connection);
	size_t whole = HEAD + length;
	uint8_t *larger = relay->out_length + whole <= OUT_MAX ? realloc(relay->out, relay->out_length + whole) : NULL;
	relay->outstanding--;
	if (!larger || length > MESSAGE_MAX - 3) {
		relay->broken = true;
		return;
	}
	relay->out = larger;
	uint8_t *out = larger + relay->out_length;
	message_put_u16(out, (uint16_t)(3 + length));
	message_put_u16(out + 2, origin->tag);
	out[4] = origin->stream;
	memcpy(out + HEAD, bytes, length);
	relay->out_length += whole;
	relay_flush(relay);
}

static bool take_frame(struct relay *relay, const uint8_t *frame, size_t length)
{
	const struct origin origin = {
		.connection = &relay->connection, .tag = message_u16(frame + 2), .stream = frame[4] == 1,
	};
	if (length < HEAD || frame[4] > 1 || ++relay->outstanding > OUTSTANDING_MAX)
		return false;
	if (!ask(relay->connection.container, &origin, frame + HEAD, length - HEAD))
		relay_reply(&relay->connection, &origin, frame, 0);
	return true;
}

static void relay_parse(struct relay *relay)
{
	size_t used = 0;
	while (!relay->broken && relay->in_length - used >= HEAD) {
		const uint8_t *frame = relay->in + used;
		size_t length = 2u + message_u16(frame);
		if (relay->in_length - used < length)
			break;
		relay->broken |= !take_frame(relay, frame, length);
		used += length;
	}
	relay->in_length -= used;
	memmove(relay->in, relay->in + used, relay->in_length);
}

static void relay_ready(struct source *source, uint32_t events)
{
	struct relay *relay = container_of(source, struct relay, connection.source);
	if (events & EPOLLOUT)
		relay_flush(relay);
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
		ssize_t count = recv(source->fd, relay->in + relay->in_length, sizeof relay->in - relay->in_length, MSG_DONTWAIT);
		relay->broken |= count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR);
		relay->in_length += count > 0 ? (size_t)count : 0;
		relay_parse(relay);
	}
	if (!relay->broken)
		return;
	relay_end(&relay->connection);
	control_settle();
}

void relay_begin(struct container *container, int fd)
{
	struct relay *relay = calloc(1, sizeof *relay);
	if (!relay)
		return;
	relay->connection = (struct connection){
		.source = {.fd = fd, .ready = relay_ready}, .container = container, .reply = relay_reply, .end = relay_end,
	};
	container->relays++;
	connection_begin(&relay->connection);
	loop_want(&relay->connection.source, EPOLLIN);
}
