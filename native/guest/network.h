/* Interfaces, addresses and routes by rtnetlink. */
#ifndef HULL_GUEST_NETWORK_H
#define HULL_GUEST_NETWORK_H

#include <stdbool.h>
#include <stdint.h>

#include "list.h"

struct interface {
	const char *name;
	/* Which of the machine's NICs; -1 when not given. */
	int nic;
	bool has_mac;
	uint8_t mac[6];
	uint32_t mtu;
	/* CIDR; they replace those it had. */
	struct list addresses;
	struct list gateways;
	bool down;
};

/* Brings `lo` up. */
void network_loopback(void);

/* The cards were taken away from their drivers. */
void network_forget(void);

/* A message (to be freed) or NULL. */
char *network_configure(const struct interface *interface);

#endif
