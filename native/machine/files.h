/* The container's files, as its guest serves them: a FUSE mount whose messages go over the link. */
#ifndef HULL_FILES_H
#define HULL_FILES_H

#include <stddef.h>
#include <stdint.h>

struct client;

/* Answers FILES: mounts `<run_dir>/files`, if it is not mounted. */
void files_mount(struct client *client, uint16_t channel, size_t payload_length);

/* Idempotent. */
void files_unmount(void);

#endif
