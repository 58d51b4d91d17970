/* The container's root: its layers and its own changes, put together (docs/decisions/0100-vm-hull.md, "Root"). */
#ifndef HULL_GUEST_ROOT_H
#define HULL_GUEST_ROOT_H

#include <stdbool.h>

#include "spec.h"

#define ROOT_FOLDER "/hull/root"
#define UPPER_MOUNT "/hull/upper"
#define UPPER_FOLDER "/hull/upper/upper"
#define SHARED_FOLDER "/hull/shared"

/* Mounts layers, upper, root and, where a mount needs it, the shared folder. A message (to be freed) or NULL. */
char *root_mount(const struct spec *spec);

/* Mounts the shared folder again, after it was unmounted. A message (to be freed) or NULL. */
char *root_mount_shared(void);

/* Stops all change to the upper file system, or lets it go on. A message (to be freed) or NULL. */
char *root_freeze(bool freeze);

/* Everything is on the disk and unmounted, or on the disk at least. */
void root_unmount(void);

#endif
