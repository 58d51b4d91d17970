/* The parts of hull-publish: which ports are open, and what carries their traffic to the container. */
#ifndef HULL_PUBLISH_H
#define HULL_PUBLISH_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "loop.h"

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* One open port of the host. */
struct listener {
	struct source source;
	bool udp;
	union address host;
	union address target;
	struct listener *next;
};

extern struct listener *listeners;

socklen_t address_length(const union address *address);
uint16_t address_port(const union address *address);
bool address_parse(union address *address, const char *text, unsigned port);
/* `text` has room for INET6_ADDRSTRLEN. */
void address_text(const union address *address, char *text);

/* Why an order of ports cannot be carried out. */
struct refusal {
	int error;
	/* Of the order's lines, from 0. */
	unsigned line;
};

/*
 * Opens the ports of an order, which is text:
 *
 *   (tcp|udp) (ADDRESS|*) FIRST LAST TARGET PORT\n …
 *
 * One port between FIRST and LAST is taken, any free one where both are 0; `*` is the same port of every address of
 * the host, of both families where the kernel has IPv6.
 */
bool listen_all(char *order, struct refusal *refusal);

/* Carries the traffic from now on; `descriptors` may be open beside what is open. */
void tcp_begin(unsigned descriptors);
void udp_begin(unsigned descriptors);
void tcp_accept(struct source *source, uint32_t events);
void udp_receive(struct source *source, uint32_t events);

/* A pipe for bytes under way. NULL with errno. */
struct pipe {
	int in;
	int out;
	size_t held;
	struct pipe *next;
};

#define PIPE_SIZE (256u << 10)

struct pipe *pipe_take(void);
/* One that still holds something is closed, others are kept for the next. */
void pipe_give(struct pipe *pipe);

/* Tells those who ask which ports are open, and ends the program when told to. False with errno. */
bool control_open(int directory_fd);
void control_accept(int fd);

#endif
