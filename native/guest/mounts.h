/* What is mounted into the container, in the mount namespace of its first process. */
#ifndef HULL_GUEST_MOUNTS_H
#define HULL_GUEST_MOUNTS_H

#include "spec.h"

/* The files that came with the request, numbered in the order of their mounts. */
#define FILES_FOLDER "/hull/files"

/*
 * Mounts in the order given, below the root `root`; for a machine what the kernel provides is mounted first and as a
 * machine has it, in place of what the order says of that. A message (to be freed) or NULL.
 */
char *mounts_make(int root, const struct spec *spec);

/* Devices, the links that belong beside them, and with a terminal /dev/console. */
char *mounts_devices(int root, const struct spec *spec);

/* Hides and write-protects; the root itself last. After the change of root. */
char *mounts_protect(const struct spec *spec);

#endif
