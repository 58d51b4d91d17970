/* One connection: frames in, frames out, its channels. */
#ifndef HULL_CLIENT_H
#define HULL_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "channel.h"
#include "loop.h"

#define CLIENTS_MAX 64
#define CHANNELS_MAX 1024

struct client {
	struct source source;
	struct client *next;
	struct channel *channels;
	unsigned channel_count;
	uint8_t *in;
	size_t in_length;
	uint8_t *out;
	size_t out_start;
	size_t out_length;
	/* A field list that is being continued. */
	uint8_t *request;
	size_t request_length;
	uint8_t request_type;
	uint16_t request_channel;
	bool greeted;
	/* The client sent its last byte. */
	bool read_ended;
	/* It broke the protocol and was told so. */
	bool failed;
	/* Our side is shut down. */
	bool shut;
	bool dead;
	/* When the client last took a byte. */
	uint64_t progress_ms;
	struct timer linger;
};

/* A valid HELLO came. False when it was greeted before and may not be again. */
bool client_greeted(struct client *client);

/* Takes over a connected descriptor. */
void client_accept(int fd);

/* Appends a frame to what is sent; false when there is no room for it now. */
bool client_put(struct client *client, const uint8_t *header, const uint8_t *payload, size_t length);
/* Room for one frame of this payload size. */
bool client_has_room(const struct client *client, size_t length, bool data);

/* Answers a request that has no channel of its own; there is always room for that. */
void client_reply(struct client *client, uint16_t channel, uint8_t type, const uint8_t *payload, size_t length);
void client_reply_error(struct client *client, uint16_t channel, const char *code, const char *message);

/* Says why on channel 0 and ends the connection. */
void client_refuse(struct client *client, const char *code, const char *message);
/* The same for a client that broke the protocol. */
void client_fail(struct client *client, const char *message);

/* After each round of events: sends what can be sent, frees what is over. */
void clients_settle(void);

/* Tells everybody of a kill by the kernel. */
void clients_oom(void);

bool clients_none(void);
/* From the end of the container on, clients that take nothing for so long are cut off. */
void clients_cut_off(uint64_t idle_ms);
/* Shuts our sides down where all is delivered. True when no client is left to wait for. */
bool clients_leave(void);

#endif
