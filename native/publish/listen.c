#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "publish.h"

#define BACKLOG 4096
/* For a free port of both families: how many that are free in one may be taken in the other. */
#define TRIES 64

struct listener *listeners;
static struct listener **last = &listeners;

static int open_socket(bool udp, const union address *host)
{
	int family = host->any.sa_family, on = 1;
	int fd = socket(family, (udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	if (family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
	/* Connections of a former run that are still closing do not keep the port. */
	if (!udp)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	/* Answers leave from the address that was asked. */
	else if (family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on);
	else
		setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
	if (bind(fd, &host->any, address_length(host)) == 0 && (udp || listen(fd, BACKLOG) == 0))
		return fd;
	int error = errno;
	close(fd);
	errno = error;
	return -1;
}

static struct listener *open_listener(bool udp, const union address *host, const union address *target)
{
	int fd = open_socket(udp, host);
	if (fd < 0)
		return NULL;
	struct listener *listener = calloc(1, sizeof *listener);
	socklen_t length = sizeof listener->host;
	if (!listener || getsockname(fd, &listener->host.any, &length) < 0) {
		free(listener);
		close(fd);
		return NULL;
	}
	listener->source = (struct source){.fd = fd, .ready = udp ? udp_receive : tcp_accept};
	listener->udp = udp;
	listener->target = *target;
	return listener;
}

static void keep(struct listener *listener)
{
	*last = listener;
	last = &listener->next;
}

static bool take_one(bool udp, const char *host, unsigned port, const union address *target)
{
	union address address;
	if (!address_parse(&address, host, port)) {
		errno = EINVAL;
		return false;
	}
	struct listener *listener = open_listener(udp, &address, target);
	if (listener)
		keep(listener);
	return listener != NULL;
}

/* The same port of both families. A host without IPv6 has but one. */
static bool take_both(bool udp, unsigned port, const union address *target)
{
	union address v4, v6;
	address_parse(&v4, "0.0.0.0", port);
	struct listener *first = open_listener(udp, &v4, target);
	if (!first)
		return false;
	address_parse(&v6, "::", address_port(&first->host));
	struct listener *second = open_listener(udp, &v6, target);
	if (!second && errno != EAFNOSUPPORT && errno != EADDRNOTAVAIL) {
		int error = errno;
		close(first->source.fd);
		free(first);
		errno = error;
		return false;
	}
	keep(first);
	if (second)
		keep(second);
	return true;
}

static bool take(bool udp, const char *host, unsigned port, const union address *target)
{
	return strcmp(host, "*") == 0 ? take_both(udp, port, target) : take_one(udp, host, port, target);
}

static bool take_line(const char *line)
{
	char protocol[8], host[64], to[64];
	unsigned from, until, port;
	union address target;
	errno = EINVAL;
	if (sscanf(line, "%7s %63s %u %u %63s %u", protocol, host, &from, &until, to, &port) != 6)
		return false;
	bool udp = strcmp(protocol, "udp") == 0;
	if ((!udp && strcmp(protocol, "tcp") != 0) || until > 65535 || from > until || !address_parse(&target, to, port))
		return false;
	if (from == 0) {
		for (int i = 0; i < TRIES; i++) {
			if (take(udp, host, 0, &target))
				return true;
			if (errno != EADDRINUSE)
				break;
		}
		return false;
	}
	for (unsigned at = from; at <= until; at++) {
		if (take(udp, host, at, &target))
			return true;
		if (errno != EADDRINUSE)
			break;
	}
	return false;
}

bool listen_all(char *order, struct refusal *refusal)
{
	unsigned count = 0;
	char *rest = order;
	for (char *line; (line = strsep(&rest, "\n")) && *line; count++) {
		if (take_line(line))
			continue;
		*refusal = (struct refusal){errno, count};
		return false;
	}
	return true;
}
