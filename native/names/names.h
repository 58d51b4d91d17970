/*
 * The parts of hull-names.
 *
 * A **network** has **endpoints**, each of one **container**; an endpoint has addresses and names. A container that is
 * **served** may ask: by sockets inside of its network namespace, or by its machine's supervisor.
 */
#ifndef HULL_NAMES_H
#define HULL_NAMES_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "loop.h"
#include "message.h"

/* Docker's address, which users' configurations name. */
#define NAME_SERVER 0x7f00000bu

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* ---- table.c: who is where ---- */

#define ID_MAX 64
#define SERVERS_MAX 8
#define ENDPOINTS_MAX 64

struct network {
	struct network *next;
	char id[ID_MAX + 1];
	/* In lower case. */
	char *name;
	bool internal;
	unsigned endpoints;
};

struct endpoint {
	struct network *network;
	struct container *container;
	/* Of the container's, the first answers first. */
	struct endpoint *next;
	int priority;
	unsigned epoch;
	bool has_v4, has_v6;
	uint8_t v4[4];
	uint8_t v6[16];
	/* The container's name, which an address is told by. */
	char *first_name;
	struct endpoint *next_v4, *next_v6;
};

struct server {
	struct server *next;
	union address address;
	/* When it was found not to answer it is asked last until then. */
	uint64_t dead_until_ms;
	uint64_t answered_ms;
};

struct container {
	struct container *next;
	char id[ID_MAX + 1];
	unsigned epoch;
	/* Sorted by priority, then by the networks' names. */
	struct endpoint *endpoints;
	/* It may ask. */
	bool served;
	struct server *servers[SERVERS_MAX];
	unsigned server_count;
	/* Its sockets, when it has any. */
	struct sockets *sockets;
	/* Machines' supervisors that ask for it. */
	unsigned relays;
	/* Questions of its own under way to other servers. */
	unsigned pending;
	/* What it may leave its networks for (egress.h), and the ways that are open. */
	struct scope *scopes;
	struct grant *grants;
	unsigned grant_count;
	/* Refusals told in this second. */
	uint64_t told_second;
	unsigned told;
};

/* What an order says about an endpoint; texts are taken over as copies. */
struct endpoint_order {
	char *container, *network, *network_name;
	bool internal;
	int priority;
	/* Or `-`. */
	char *v4, *v6;
	char *names[ENDPOINTS_MAX];
	unsigned name_count;
	/* `alias=container` */
	char *links[ENDPOINTS_MAX];
	unsigned link_count;
};

struct container *table_container(const char *id);
struct container *table_make_container(const char *id);
bool table_put_endpoint(const struct endpoint_order *order);
void table_remove_endpoint(const char *network, const char *container);
void table_forget(struct container *container);
/* What is not said again between these two is gone. */
void table_sync_begin(void);
void table_sync_end(void);
struct container *table_containers(struct container *after);
bool table_is_idle(void);

/* The endpoints of a name that a container may know, all of one network; how many. */
unsigned table_find(const struct container *asker, const char *name, struct endpoint *found[], unsigned max);
/* The endpoint of an address on one of its networks. */
const struct endpoint *table_find_address(const struct container *asker, const uint8_t *address, size_t length);
/* One of its networks has a way out. */
bool table_may_leave(const struct container *container);

/* ---- ask.c: the way of a question and of its answer ---- */

/* Whom an answer goes to. */
struct origin {
	/* NULL: a datagram's sender. */
	struct connection *connection;
	struct sockaddr_in client;
	/* The connection's own. */
	uint16_t tag;
	/* Answers may be as long as a message can be. */
	bool stream;
};

/* False for what is no query, which no answer will come to. */
bool ask(struct container *container, const struct origin *origin, const uint8_t *query, size_t length);
/* The one place where answers leave. `bytes` may be changed. */
void deliver(struct container *container, const struct origin *origin, const struct question *question, uint8_t *bytes,
	     size_t length);
void deliver_error(struct container *container, const struct origin *origin, const uint8_t *query,
		   const struct question *question, unsigned rcode);

/* Room for a whole message, for whoever builds one; its content is gone with the next call of anything. */
extern uint8_t scratch[MESSAGE_MAX];

/* ---- answer.c: what the networks know ---- */

/* Builds an answer in `answer->bytes`; false when the networks do not know. */
bool answer_locally(const struct container *asker, const uint8_t *query, const struct question *question,
		    struct answer *answer);

/* ---- server.c: who else is asked ---- */

struct server *server_of(const char *text);
/* The container's own servers or the host's; how many. */
unsigned servers_for(const struct container *container, struct server *servers[SERVERS_MAX]);

/* ---- forward.c ---- */

void forward(struct container *container, const struct origin *origin, const uint8_t *query, size_t length,
	     const struct question *question);
/* Nobody waits for these any more. */
void forward_drop_connection(const struct connection *connection);
void forward_drop_container(const struct container *container);

/* ---- cache.c ---- */

struct cache_key {
	const struct question *question;
	/* Who was asked. */
	uint64_t servers;
};

/* A copy with its age taken off, in `out`; its length, 0 when nothing is known. */
size_t cache_find(const struct cache_key *key, uint8_t *out);
void cache_put(const struct cache_key *key, const uint8_t *bytes, size_t length);
uint64_t cache_servers(struct server *const servers[], unsigned count);

/* ---- serve.c, stream.c, relay.c: who asks ---- */

/* A stream that questions come by. Ended by its owner only. */
struct connection {
	struct source source;
	struct container *container;
	void (*reply)(struct connection *connection, const struct origin *origin, const uint8_t *bytes, size_t length);
	void (*end)(struct connection *connection);
	uint64_t used_ms;
	struct connection *next, *previous;
};

/* Serves by these sockets from now on, in place of any before; takes them over. False without memory. */
bool serve(struct container *container, int udp, int tcp);
void serve_end(struct container *container);
void serve_datagram(struct container *container, const struct sockaddr_in *to, const uint8_t *bytes, size_t length);
/* True while the container may ask more; otherwise `source` is heard again later. */
bool serve_budget(struct container *container);

void stream_accept(struct container *container, int listener);
/* Ends all of a container's connections. */
void streams_end(const struct container *container);
void connection_begin(struct connection *connection);
void connection_forget(struct connection *connection);

/* A connection that told which machine it is of. */
void relay_begin(struct container *container, int fd);

/* ---- opener.c: the half with privileges ---- */

/* Forks it off. False with errno. */
bool opener_start(void);
/* Once there is a loop: ends the program when the half is gone. */
void opener_watch(void);
/* Sockets in the network namespace that a process has open; false with errno. */
bool opener_open(int pid, int fd, int sockets[2]);
struct grant_order;
/* Addresses into sets of the host's firewall; false with errno. */
bool opener_grant(const struct grant_order *order);

/* ---- control.c ---- */

bool control_open(int directory_fd);
void control_accept(int fd);
/* A whole line for the daemon, if there is one and it listens. */
void control_tell(const char *line);
/* A container that nobody can ask for any more may have been the last. */
void control_settle(void);

#endif
