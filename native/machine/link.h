/*
 * The link: this supervisor as the one client of the machine's guest (docs/session-protocol.md, "The link").
 *
 * A **call** is one request to the guest and everything that belongs to it: replies, streams, credit. Whatever the
 * guest sends is checked here; what is against the protocol ends the machine (`machine_broken`).
 */
#ifndef HULL_LINK_H
#define HULL_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "frame.h"

/* Fewer than the guest allows one connection. */
#define LINK_CALLS_MAX 960

struct call;

/* What is done with what the guest answers; every member may be NULL when its case cannot come or does not matter. */
struct call_handler {
	/* A whole reply whose fields parse; ERROR and the last reply of the request end the call. */
	void (*reply)(struct call *call, uint8_t type, const uint8_t *payload, size_t length);
	/* Output. Its credit is given back with link_give. False: it has no place. */
	bool (*data)(struct call *call, uint8_t stream, const uint8_t *bytes, size_t length);
	void (*eof)(struct call *call, uint8_t stream);
	/* Input that was refused may be sent now. */
	void (*room)(struct call *call);
	/* The link is over before the call was. */
	void (*lost)(struct call *call);
};

struct call {
	struct call *next;
	const struct call_handler *handler;
	/* The handler's own. */
	void *owner;
	uint16_t number;
	uint8_t type;
	/* OK or STARTED came: streams may flow. */
	bool open;
	/* Output streams that may come, by number; an EOF takes one away. */
	bool wants[3];
	/* Input may be sent. */
	bool input;
	/* The guest takes no more input. */
	bool input_ended;
	/* Input was refused for want of room. */
	bool starved;
	/* Output that the guest may send, and what of it was taken and not given back. */
	uint32_t window;
	uint32_t owed;
	/* Input that the guest takes. */
	uint32_t credit;
	/* A reply that is continued. */
	uint8_t *reply;
	size_t reply_length;
	uint8_t reply_type;
};

/* Takes the descriptor over and greets. What is asked before the guest has answered waits for it. */
void link_open(int fd);
bool link_is_open(void);
/* The guest has answered. */
bool link_is_greeted(void);
/* The newest version of the protocol that the guest speaks, once it has answered. */
uint64_t link_version(void);
/* Takes what has come and was not read yet. */
void link_drain(void);
/* Ends every call as lost. Idempotent. */
void link_close(void);

/*
 * Sends a request of at most REQUEST_MAX bytes; NULL when too much is under way. The call is freed behind its last
 * reply or `lost`.
 */
struct call *link_call(uint8_t type, const uint8_t *payload, size_t length, const struct call_handler *handler);

/* Bytes of input taken; then `room` is called when there is room for more. */
size_t link_send(struct call *call, const uint8_t *bytes, size_t length);
void link_send_eof(struct call *call);

/* Gives output's credit back, in portions. */
void link_give(struct call *call, size_t length);

/*
 * Nothing is sent from now on, or what waited is: between a FREEZE and its end nothing may be under way. Only to a
 * guest that has answered.
 */
void link_hold(bool hold);

#endif
