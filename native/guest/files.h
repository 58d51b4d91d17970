/* FILES: the container's files, served as FUSE messages over a channel. */
#ifndef HULL_GUEST_FILES_H
#define HULL_GUEST_FILES_H

#include <stdint.h>

struct channel;
struct client;

/* Opens the channel, in place of one that is open: there is one mount of them. */
void files_open(struct client *client, uint16_t channel);

/* Answers what waited for room. */
void files_settle(void);

/* Ends it: the container has ended. */
void files_close(void);

/* A channel is going. */
void files_forget(const struct channel *channel);

#endif
