/* The parts of hull-publish: which ports are open, and what carries their traffic to the container. */
#ifndef HULL_PUBLISH_H
#define HULL_PUBLISH_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
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
	/* IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP. */
	int protocol;
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
	/* Of the order's ports, from 0; NO_LINE when it is about none of them. */
	unsigned line;
};

#define NO_LINE 999999u

/*
 * Opens the ports of an order, which is text:
 *
 *   (user|nat) (IPV4|-) (IPV6|-) LINK\n
 *   (tcp|udp|sctp) (ADDRESS|*) FIRST LAST PORT\n …
 *
 * The first line is where the container is: its addresses, and the bridge that it is on; and whether the kernel is to
 * translate what comes to its ports. One port between FIRST and LAST is taken, any free one where both are 0; `*` is
 * the same port of every address of the host, of both families where the kernel has IPv6. Ports of sctp are always
 * translated.
 */
bool listen_all(char *order, struct refusal *refusal);
/* Writes where the container is, as the daemon is told (control.c). */
void listen_describe(FILE *out);

/* Takes a port of sctp, for whose sockets not every kernel is made. The descriptor holds it. -1 with errno. */
int hold_sctp(unsigned port);

/*
 * Has the kernel lead what comes to `host` to `target`, of the same family (translate.c), until the program ends. False
 * with errno.
 */
bool translate_open(const char *link);
bool translate_port(int protocol, const union address *host, const union address *target);
/* Nothing new is translated from now on; nothing to do is fine. */
void translate_close(void);

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
