#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "publish.h"

#define BACKLOG 4096
/* For a free port of both families: how many that are free in one may be taken in the other. */
#define TRIES 64
/* Ports of sctp that nobody asks for by number (RFC 6335, section 6). */
#define FIRST_FREE 49152u

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

/* Where the container is: family 0 for an address that it does not have. */
static struct {
	/* Ports of sctp are in any case. */
	bool translated, all_translated;
	union address v4, v6;
} container;

static union address with_port(const union address *address, unsigned port)
{
	union address result = *address;
	*(address->any.sa_family == AF_INET6 ? &result.v6.sin6_port : &result.v4.sin_port) = htons((uint16_t)port);
	return result;
}

static const union address *address_of_family(int family)
{
	const union address *found = family == AF_INET6 ? &container.v6 : &container.v4;
	return found->any.sa_family == family ? found : NULL;
}

/* Programs in containers listen at IPv4 more often than at IPv6: bytes of both families are carried there. */
static const union address *carried_to(void)
{
	return container.v4.any.sa_family ? &container.v4 : &container.v6;
}

static bool lead(int protocol, const union address *host, unsigned target_port)
{
	const union address *own = address_of_family(host->any.sa_family);
	if (!own && protocol == IPPROTO_SCTP)
		errno = EPROTOTYPE;
	if (!own)
		return protocol != IPPROTO_SCTP;
	union address target = with_port(own, target_port);
	return (!container.all_translated && protocol != IPPROTO_SCTP) || translate_port(protocol, host, &target);
}

struct wish {
	int protocol;
	const char *host;
	unsigned target_port;
};

static struct listener *open_listener(const struct wish *wish, const union address *host)
{
	bool udp = wish->protocol == IPPROTO_UDP;
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
	listener->protocol = wish->protocol;
	listener->target = with_port(carried_to(), wish->target_port);
	return listener;
}

static bool keep(struct listener *listener)
{
	*last = listener;
	last = &listener->next;
	return lead(listener->protocol, &listener->host, address_port(&listener->target));
}

static bool take_one(const struct wish *wish, unsigned port)
{
	union address address;
	if (!address_parse(&address, wish->host, port)) {
		errno = EINVAL;
		return false;
	}
	struct listener *listener = open_listener(wish, &address);
	return listener && keep(listener);
}

/* The same port of both families. A host without IPv6 has but one. */
static bool take_both(const struct wish *wish, unsigned port)
{
	union address v4, v6;
	address_parse(&v4, "0.0.0.0", port);
	struct listener *first = open_listener(wish, &v4);
	if (!first)
		return false;
	address_parse(&v6, "::", address_port(&first->host));
	struct listener *second = open_listener(wish, &v6);
	if (!second && errno != EAFNOSUPPORT && errno != EADDRNOTAVAIL) {
		int error = errno;
		close(first->source.fd);
		free(first);
		errno = error;
		return false;
	}
	return keep(first) && (!second || keep(second));
}

static bool keep_sctp(int fd, const struct wish *wish, const union address *host)
{
	struct listener *listener = calloc(1, sizeof *listener);
	if (!listener)
		return false;
	listener->source.fd = fd;
	listener->protocol = IPPROTO_SCTP;
	listener->host = *host;
	listener->target = with_port(carried_to(), wish->target_port);
	return keep(listener);
}

/* Of both families those that the container has an address of: there is nobody who could change one into the other. */
static bool take_sctp(const struct wish *wish, unsigned port)
{
	uint16_t any = 0;
	if (port == 0 && getrandom(&any, sizeof any, 0) != sizeof any)
		return false;
	unsigned chosen = port ? port : FIRST_FREE + any % (65536 - FIRST_FREE);
	int fd = hold_sctp(chosen);
	if (fd < 0)
		return false;
	union address host;
	if (strcmp(wish->host, "*") != 0)
		return address_parse(&host, wish->host, chosen) && keep_sctp(fd, wish, &host);
	bool v4 = address_of_family(AF_INET) != NULL, v6 = address_of_family(AF_INET6) != NULL;
	return (!v4 || (address_parse(&host, "0.0.0.0", chosen) && keep_sctp(fd, wish, &host))) &&
	       (!v6 || (address_parse(&host, "::", chosen) && keep_sctp(fd, wish, &host)));
}

static bool take(const struct wish *wish, unsigned port)
{
	if (wish->protocol == IPPROTO_SCTP)
		return take_sctp(wish, port);
	return strcmp(wish->host, "*") == 0 ? take_both(wish, port) : take_one(wish, port);
}

static int parse_protocol(const char *name)
{
	if (strcmp(name, "sctp") == 0)
		return IPPROTO_SCTP;
	return strcmp(name, "udp") == 0 ? IPPROTO_UDP : strcmp(name, "tcp") == 0 ? IPPROTO_TCP : -1;
}

static bool take_line(const char *line)
{
	char protocol[8], host[64];
	unsigned from, until, port;
	errno = EINVAL;
	if (sscanf(line, "%7s %63s %u %u %u", protocol, host, &from, &until, &port) != 5)
		return false;
	const struct wish wish = {parse_protocol(protocol), host, port};
	if (wish.protocol < 0 || until > 65535 || from > until || port > 65535)
		return false;
	if (from == 0) {
		for (int i = 0; i < TRIES; i++) {
			if (take(&wish, 0))
				return true;
			if (errno != EADDRINUSE)
				break;
		}
		return false;
	}
	for (unsigned at = from; at <= until; at++) {
		if (take(&wish, at))
			return true;
		if (errno != EADDRINUSE)
			break;
	}
	return false;
}

static bool parse_address_or_none(union address *address, const char *text, int family)
{
	memset(address, 0, sizeof *address);
	return strcmp(text, "-") == 0 || (address_parse(address, text, 0) && address->any.sa_family == family);
}

/* The first line; `link` has room for 16 bytes. */
static bool read_container(const char *line, char *link)
{
	char mode[8], v4[64], v6[64];
	errno = EINVAL;
	if (sscanf(line, "%7s %63s %63s %15s", mode, v4, v6, link) != 4 ||
	    !parse_address_or_none(&container.v4, v4, AF_INET) || !parse_address_or_none(&container.v6, v6, AF_INET6))
		return false;
	container.translated = strcmp(mode, "nat") == 0;
	return container.v4.any.sa_family || container.v6.any.sa_family;
}

bool listen_all(char *order, struct refusal *refusal)
{
	unsigned count = 0;
	char *rest = order, *line = strsep(&rest, "\n");
	char link[16];
	bool good = line && read_container(line, link);
	container.all_translated = container.translated;
	container.translated |= rest && (strncmp(rest, "sctp ", 5) == 0 || strstr(rest, "\nsctp "));
	if (good && container.translated)
		good = translate_open(link);
	if (!good) {
		*refusal = (struct refusal){errno, NO_LINE};
		return false;
	}
	for (; (line = strsep(&rest, "\n")) && *line; count++) {
		if (take_line(line))
			continue;
		*refusal = (struct refusal){errno, count};
		return false;
	}
	return true;
}

void listen_describe(FILE *out)
{
	char v4[INET6_ADDRSTRLEN] = "-", v6[INET6_ADDRSTRLEN] = "-";
	if (container.v4.any.sa_family)
		address_text(&container.v4, v4);
	if (container.v6.any.sa_family)
		address_text(&container.v6, v6);
	fprintf(out, "to %s %s %s\n", container.translated ? "nat" : "user", v4, v6);
}
