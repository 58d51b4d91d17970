/*
 * Folders shared with the host, which a machine that is copied may not have: QEMU does not copy the state of its file
 * server. They are left for as long as that takes, and the container stands still meanwhile.
 */
#ifndef HULL_GUEST_SHARES_H
#define HULL_GUEST_SHARES_H

#include "spec.h"

/*
 * Stops the container's processes and unmounts what is shared; nothing to do when nothing is, or no container runs. A
 * message (to be freed), with everything as before and the code of the error in `code`, or NULL.
 */
char *shares_leave(const struct spec *spec, const char **code);

/* Mounts them again where they were, perhaps in another machine, and lets the container go on. A message or NULL. */
char *shares_return(const struct spec *spec);

/* A mount of what one of them shares, not attached anywhere yet; -1 with errno. */
int shares_open_tree(const struct guest_mount *mount);

#endif
