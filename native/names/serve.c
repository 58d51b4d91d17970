/* A container's own sockets: 127.0.0.11 in its network namespace, datagrams and streams. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "clock.h"
#include "names.h"

/* Taken from one socket before the others have their turn. */
#define BATCH 32
/* Questions that one container may ask in a slice of time; a flood waits in its own socket, and is lost there. */
#define SLICE_MS 100u
#define SLICE_MAX 2000u

struct sockets {
	struct source udp;
	struct source tcp;
	struct container *container;
	struct timer slice;
	uint64_t slice_ms;
	unsigned asked;
};

static void slice_over(struct timer *timer)
{
	struct sockets *sockets = container_of(timer, struct sockets, slice);
	loop_want(&sockets->udp, EPOLLIN);
	loop_want(&sockets->tcp, EPOLLIN);
}

bool serve_budget(struct container *container)
{
	struct sockets *sockets = container->sockets;
	uint64_t now = clock_ms();
	if (!sockets)
		return true;
	if (now - sockets->slice_ms >= SLICE_MS) {
		sockets->slice_ms = now;
		sockets->asked = 0;
	}
	if (sockets->asked++ < SLICE_MAX)
		return true;
	loop_want(&sockets->udp, 0);
	loop_want(&sockets->tcp, 0);
	timer_set(&sockets->slice, SLICE_MS);
	return false;
}

static void datagrams_ready(struct source *source, uint32_t events)
{
	(void)events;
	static uint8_t query[MESSAGE_MAX];
	struct sockets *sockets = container_of(source, struct sockets, udp);
	for (int i = 0; i < BATCH && serve_budget(sockets->container); i++) {
		struct origin origin = {.connection = NULL};
		socklen_t length = sizeof origin.client;
		ssize_t count = recvfrom(source->fd, query, sizeof query, MSG_DONTWAIT, (struct sockaddr *)&origin.client, &length);
		if (count < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (count >= 0 && length == sizeof origin.client)
			ask(sockets->container, &origin, query, (size_t)count);
	}
}

void serve_datagram(struct container *container, const struct sockaddr_in *to, const uint8_t *bytes, size_t length)
{
	/* May be lost, as anywhere. */
	if (container->sockets)
		(void)!sendto(container->sockets->udp.fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL, (const struct sockaddr *)to,
			      sizeof *to);
}

static void connection_ready(struct source *source, uint32_t events)
{
	(void)events;
	struct sockets *sockets = container_of(source, struct sockets, tcp);
	stream_accept(sockets->container, source->fd);
}

static void close_sockets(struct container *container)
{
	struct sockets *sockets = container->sockets;
	if (!sockets)
		return;
	container->sockets = NULL;
	timer_clear(&sockets->slice);
	loop_close(&sockets->udp);
	loop_close(&sockets->tcp);
	free(sockets);
}

bool serve(struct container *container, int udp, int tcp)
{
	struct sockets *sockets = calloc(1, sizeof *sockets);
	if (!sockets)
		return false;
	close_sockets(container);
	sockets->container = container;
	sockets->slice.fire = slice_over;
	sockets->udp = (struct source){.fd = udp, .ready = datagrams_ready};
	sockets->tcp = (struct source){.fd = tcp, .ready = connection_ready};
	container->sockets = sockets;
	loop_want(&sockets->udp, EPOLLIN);
	loop_want(&sockets->tcp, EPOLLIN);
	return true;
}

void serve_end(struct container *container)
{
	close_sockets(container);
	streams_end(container);
	forward_drop_container(container);
}
