/*
 * TCP: each connection to the host is one more to the container, and bytes go from socket to socket through a pipe
 * without being copied. A side is read only while nothing read from it is under way, so whoever reads slowly holds
 * back whoever writes. A pipe is held only while it holds something: a connection that is idle is two descriptors.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <unistd.h>

#include "publish.h"

/* Two sockets, and a pipe each way. */
#define DESCRIPTORS_EACH 6
#define ACCEPT_BATCH 64
/* Of one side in a turn, so that no connection keeps others waiting. */
#define TURN_BYTES (1u << 20)
#define RETRY_MS 200

struct connection;

struct side {
	struct source source;
	struct connection *connection;
	/* What was read here and is not written there yet. */
	struct pipe *pipe;
	/* Nothing more comes from here. */
	bool ended;
	/* The other side was told so. */
	bool passed_on;
};

struct connection {
	struct side client;
	struct side container;
};

static unsigned open_count, open_max;
static bool paused;
static struct timer retry;

static void listen_again(void)
{
	paused = false;
	for (struct listener *at = listeners; at; at = at->next)
		if (at->protocol == IPPROTO_TCP)
			loop_want(&at->source, EPOLLIN);
}

static void retry_now(struct timer *timer)
{
	(void)timer;
	if (open_count < open_max)
		listen_again();
}

static void pause_listening(void)
{
	paused = true;
	for (struct listener *at = listeners; at; at = at->next)
		if (at->protocol == IPPROTO_TCP)
			loop_want(&at->source, 0);
}

void tcp_begin(unsigned descriptors)
{
	retry.fire = retry_now;
	open_max = descriptors / DESCRIPTORS_EACH;
	if (open_max == 0)
		open_max = 1;
	listen_again();
}

static void finish(struct connection *connection)
{
	pipe_give(connection->client.pipe);
	pipe_give(connection->container.pipe);
	loop_close(&connection->client.source);
	loop_close(&connection->container.source);
	free(connection);
	open_count--;
	if (paused && !retry.armed)
		listen_again();
}

/* Both ends learn that it was cut off, and not that it came to its end. */
static void cut_off(struct connection *connection)
{
	struct linger now = {.l_onoff = 1};
	setsockopt(connection->client.source.fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
	setsockopt(connection->container.source.fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
	finish(connection);
}

static bool would_block(void)
{
	return errno == EAGAIN || errno == EINTR;
}

/* Moves what can be moved from one side to the other. False when the connection broke. */
static bool move(struct side *from, struct side *to)
{
	size_t moved = 0;
	while (moved < TURN_BYTES) {
		if (!from->pipe && !from->ended && !(from->pipe = pipe_take()))
			return false;
		if (!from->ended && from->pipe->held == 0) {
			ssize_t count = splice(from->source.fd, NULL, from->pipe->in, NULL, PIPE_SIZE, SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
			if (count < 0 && !would_block())
				return false;
			if (count == 0)
				from->ended = true;
			if (count > 0)
				from->pipe->held = (size_t)count;
		}
		if (!from->pipe || from->pipe->held == 0)
			break;
		ssize_t count = splice(from->pipe->out, NULL, to->source.fd, NULL, from->pipe->held, SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
		if (count < 0 && !would_block())
			return false;
		if (count <= 0)
			break;
		from->pipe->held -= (size_t)count;
		moved += (size_t)count;
	}
	if (from->pipe && from->pipe->held == 0) {
		pipe_give(from->pipe);
		from->pipe = NULL;
	}
	if (from->ended && !from->pipe && !from->passed_on) {
		shutdown(to->source.fd, SHUT_WR);
		from->passed_on = true;
	}
	return true;
}

static void want(struct side *side, const struct side *other)
{
	uint32_t in = !side->ended && !side->pipe ? EPOLLIN : 0;
	uint32_t out = other->pipe ? EPOLLOUT : 0;
	loop_want(&side->source, in | out);
}

static void carry_on(struct connection *connection)
{
	struct side *client = &connection->client, *container = &connection->container;
	if (!move(client, container) || !move(container, client)) {
		cut_off(connection);
		return;
	}
	if (client->passed_on && container->passed_on) {
		finish(connection);
		return;
	}
	want(client, container);
	want(container, client);
}

static void side_ready(struct source *source, uint32_t events)
{
	struct connection *connection = container_of(source, struct side, source)->connection;
	int error = 0;
	socklen_t length = sizeof error;
	if (events & EPOLLERR)
		getsockopt(source->fd, SOL_SOCKET, SO_ERROR, &error, &length);
	if (error != 0) {
		cut_off(connection);
		return;
	}
	carry_on(connection);
}

static void set_up(int fd)
{
	int on = 1;
	/* Bytes are passed on as they come; and a peer that vanished is noticed. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
}

static void refuse(int fd)
{
	struct linger now = {.l_onoff = 1};
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
	close(fd);
}

static void carry(const struct listener *listener, int client)
{
	int container = socket(listener->target.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct connection *connection = container < 0 ? NULL : calloc(1, sizeof *connection);
	if (!connection || (connect(container, &listener->target.any, address_length(&listener->target)) < 0 && errno != EINPROGRESS)) {
		free(connection);
		if (container >= 0)
			close(container);
		refuse(client);
		return;
	}
	set_up(client);
	set_up(container);
	connection->client = (struct side){.source = {.fd = client, .ready = side_ready}, .connection = connection};
	connection->container = (struct side){.source = {.fd = container, .ready = side_ready}, .connection = connection};
	open_count++;
	loop_want(&connection->container.source, EPOLLOUT);
}

void tcp_accept(struct source *source, uint32_t events)
{
	(void)events;
	const struct listener *listener = container_of(source, struct listener, source);
	for (int i = 0; i < ACCEPT_BATCH; i++) {
		if (open_count >= open_max) {
			pause_listening();
			return;
		}
		int client = accept4(source->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (client >= 0) {
			carry(listener, client);
			continue;
		}
		/* The kernel is out of something: whoever waits is not turned away. */
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
			pause_listening();
			timer_set(&retry, RETRY_MS);
			return;
		}
		if (errno == EAGAIN)
			return;
	}
}
