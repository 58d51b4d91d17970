/* STATS and PROCESSES. */
#ifndef HULL_GUEST_READINGS_H
#define HULL_GUEST_READINGS_H

#include <stdint.h>

struct client;

void readings_stats(struct client *client, uint16_t channel);
void readings_processes(struct client *client, uint16_t channel);

#endif
