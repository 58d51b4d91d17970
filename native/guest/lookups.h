/*
 * NAMES: 127.0.0.11 inside of the machine. What is asked there goes over a channel to whoever knows, and the answers
 * come back: frames of LENGTH (2 bytes, big endian, of what follows), TAG (2 bytes), KIND (1 byte: 0 a datagram's, 1 a
 * connection's) and the message, in both directions. An answer has its question's tag.
 */
#ifndef HULL_GUEST_LOOKUPS_H
#define HULL_GUEST_LOOKUPS_H

#include <stdint.h>

struct channel;
struct client;

/* Opens the channel, in place of one that is open, and the sockets if they are not. */
void lookups_open(struct client *client, uint16_t channel);

/* Ends it: the container has ended. */
void lookups_close(void);

/* A channel is going. */
void lookups_forget(const struct channel *channel);

#endif
