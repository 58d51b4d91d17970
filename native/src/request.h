/* What clients ask for. */
#ifndef HULL_REQUEST_H
#define HULL_REQUEST_H

#include <stddef.h>
#include <stdint.h>

struct client;
struct process;

void request_handle(struct client *client, uint8_t type, uint16_t channel, const uint8_t *payload, size_t length);

#endif
