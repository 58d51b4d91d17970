/* PREPARE: what the task is, its bundle, its root. */
#ifndef HULL_PREPARE_H
#define HULL_PREPARE_H

#include <stddef.h>
#include <stdint.h>

struct client;

void prepare_handle(struct client *client, uint16_t channel, const uint8_t *payload, size_t length);

#endif
