/* Paths below a root that is not ours: symbolic links and `..` stay inside (openat2, RESOLVE_IN_ROOT). */
#ifndef HULL_GUEST_WITHIN_H
#define HULL_GUEST_WITHIN_H

#include <stdbool.h>
#include <sys/types.h>

/* The last component included. -1 with errno. */
int within_open(int root, const char *path, int flags);

/* Makes what is missing of a folder, or of an empty file and its folders; an O_PATH descriptor of it. -1 with errno. */
int within_make(int root, const char *path, bool folder);

/* The folder that holds the path's last component, made where missing; the component's name. -1 with errno. */
int within_parent(int root, const char *path, const char **name);

/* For the calls that take no descriptor: /proc/self/fd/N. Valid until the next call. */
const char *within_path(int fd);

#endif
