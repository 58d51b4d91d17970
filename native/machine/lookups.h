/*
 * NAMES: what is asked for a machine at its 127.0.0.11 goes to hull-names, over a connection of this supervisor's own.
 * Frames are passed on whole, in both directions (guest/lookups.h); what they say is hull-names' to check.
 */
#ifndef HULL_LOOKUPS_H
#define HULL_LOOKUPS_H

#include <stddef.h>
#include <stdint.h>

struct client;

/* Answers NAMES: `socket`, where hull-names is. From then on, whatever becomes of hull-names or the daemon. */
void lookups_serve(struct client *client, uint16_t channel, const uint8_t *payload, size_t length);
/* The guest has answered for the first time. */
void lookups_greeted(void);

#endif
