/* FILES: the container's files, served as FUSE messages over a channel. */
#ifndef HULL_GUEST_FILES_H
#define HULL_GUEST_FILES_H

#include <stdint.h>

struct client;

void files_open(struct client *client, uint16_t channel);

#endif
