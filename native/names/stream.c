/* Connections of containers' processes (RFC 1035, 4.2.2): one question after the other, each behind its length. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "names.h"

#define STREAMS_OF_ONE 32u
#define STREAMS_MAX 512u
/* Somebody who neither asks nor reads gives way. */
#define IDLE_MS 10000u
#define SWEEP_MS 1000u

struct stream {
	struct connection connection;
	uint8_t head[2];
	size_t got;
	/* The query while it comes; then the answer behind its length, while it goes. */
	uint8_t *bytes;
	size_t length;
	bool answering;
	bool broken;
};

static struct connection *first;
static unsigned connection_count;

static void sweep(struct timer *timer);
static struct timer sweeping = {.fire = sweep};

void connection_begin(struct connection *connection)
{
	connection->used_ms = clock_ms();
	connection->next = first;
	if (first)
		first->previous = connection;
	first = connection;
	connection_count++;
}

void connection_forget(struct connection *connection)
{
	*(connection->previous ? &connection->previous->next : &first) = connection->next;
	if (connection->next)
		connection->next->previous = connection->previous;
	connection_count--;
	forward_drop_connection(connection);
	loop_close(&connection->source);
}

static struct stream *stream_of(struct connection *connection)
{
	return container_of(connection, struct stream, connection);
}

static void stream_end(struct connection *connection)
{
	struct stream *stream = stream_of(connection);
	connection_forget(connection);
	free(stream->bytes);
	free(stream);
}

void streams_end(const struct container *container)
{
	for (struct connection *at = first, *next; at; at = next) {
		next = at->next;
		if (at->container == container)
			at->end(at);
	}
}

static void sweep(struct timer *timer)
{
	uint64_t now = clock_ms();
	for (struct connection *at = first, *next; at; at = next) {
		next = at->next;
		if (at->end == stream_end && (stream_of(at)->broken || now - at->used_ms > IDLE_MS))
			at->end(at);
	}
	if (first)
		timer_set(timer, SWEEP_MS);
}

/* What is wrong with it is found by who reads it: an answer may come while others are gone through. */
static void stream_flush(struct stream *stream)
{
	ssize_t count = send(stream->connection.source.fd, stream->bytes + stream->got, stream->length - stream->got,
			     MSG_DONTWAIT | MSG_NOSIGNAL);
	if (count > 0) {
		stream->got += (size_t)count;
		stream->connection.used_ms = clock_ms();
	}
	stream->broken |= count < 0 && errno != EAGAIN && errno != EINTR;
	if (stream->got == stream->length) {
		stream->answering = false;
		stream->got = 0;
	}
	loop_want(&stream->connection.source, stream->answering ? EPOLLOUT : EPOLLIN);
}

static void stream_reply(struct connection *connection, const struct origin *origin, const uint8_t *bytes, size_t length)
{
	(void)origin;
	struct stream *stream = stream_of(connection);
	free(stream->bytes);
	stream->bytes = malloc(2 + length);
	stream->got = 0;
	if (!stream->bytes) {
		stream->broken = true;
		return;
	}
	message_put_u16(stream->bytes, (uint16_t)length);
	memcpy(stream->bytes + 2, bytes, length);
	stream->length = 2 + length;
	stream->answering = true;
	stream_flush(stream);
}

/* True when a whole query has come. */
static bool stream_receive(struct stream *stream)
{
	bool in_head = stream->got < 2;
	uint8_t *to = in_head ? stream->head + stream->got : stream->bytes + stream->got - 2;
	size_t want = in_head ? 2 - stream->got : stream->length + 2 - stream->got;
	ssize_t count = want ? recv(stream->connection.source.fd, to, want, MSG_DONTWAIT) : 0;
	if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR))
		stream->broken = true;
	if (count <= 0)
		return false;
	stream->connection.used_ms = clock_ms();
	stream->got += (size_t)count;
	if (in_head && stream->got == 2) {
		free(stream->bytes);
		stream->length = message_u16(stream->head);
		stream->bytes = malloc(stream->length ? stream->length : 1);
		stream->broken |= stream->length < MESSAGE_HEADER || !stream->bytes;
	}
	return stream->got > 2 && stream->got == stream->length + 2;
}

static void stream_ask(struct stream *stream)
{
	struct container *container = stream->connection.container;
	const struct origin origin = {.connection = &stream->connection, .stream = true};
	uint8_t *query = stream->bytes;
	size_t length = stream->length;
	/* Nothing is read before the answer has gone. */
	loop_want(&stream->connection.source, 0);
	stream->bytes = NULL;
	if (!serve_budget(container) || !ask(container, &origin, query, length))
		stream->broken = true;
	free(query);
}

static void stream_ready(struct source *source, uint32_t events)
{
	(void)events;
	struct stream *stream = container_of(source, struct stream, connection.source);
	if (stream->answering)
		stream_flush(stream);
	else if (stream_receive(stream))
		stream_ask(stream);
	if (stream->broken)
		stream_end(&stream->connection);
}

static unsigned streams_of(const struct container *container)
{
	unsigned count = 0;
	for (const struct connection *at = first; at; at = at->next)
		count += at->container == container;
	return count;
}

void stream_accept(struct container *container, int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return;
	bool full = connection_count >= STREAMS_MAX || streams_of(container) >= STREAMS_OF_ONE;
	struct stream *stream = full ? NULL : calloc(1, sizeof *stream);
	if (!stream) {
		close(fd);
		return;
	}
	stream->connection = (struct connection){
		.source = {.fd = fd, .ready = stream_ready}, .container = container, .reply = stream_reply, .end = stream_end,
	};
	connection_begin(&stream->connection);
	loop_want(&stream->connection.source, EPOLLIN);
	if (!sweeping.armed)
		timer_set(&sweeping, SWEEP_MS);
}
