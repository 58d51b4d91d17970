/* The guest's one connection: the virtio serial port to its shim (docs/session-protocol.md, "The link"). */
#ifndef HULL_GUEST_LINK_H
#define HULL_GUEST_LINK_H

#include <stdbool.h>

#include "client.h"

/* Opens the port and says BOOTED. False with errno. */
bool link_open(const char *device);

/* What is said so far is the last that is sent; answers to what comes wait. Or it goes on. */
void link_freeze(bool frozen);
bool link_is_frozen(void);

/* Everything that was to be sent is in the host's hands. */
bool link_is_delivered(void);

/* Hands the rest to the host, waiting for it to take it: nothing is read any more. */
void link_finish(void);

/* The descriptor goes over to a child that serves on; this process forgets it. */
int link_descriptor(void);

/* In a copy of the process: nothing of the link is its. */
void link_forget(void);

#endif
