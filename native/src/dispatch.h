/* What a client's frames do: the greeting, requests (continued ones are put together), stream frames. */
#ifndef HULL_DISPATCH_H
#define HULL_DISPATCH_H

#include "frame.h"

struct client;

/* Takes one frame; one against the protocol fails the client. */
void dispatch_frame(struct client *client, const struct frame *frame);

/* Forgets a request that is being continued. */
void dispatch_forget(struct client *client);

#endif
