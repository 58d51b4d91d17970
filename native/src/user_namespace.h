/* User namespaces that the daemon makes for containers; a process with threads, as it is, can enter none. */
#ifndef HULL_USER_NAMESPACE_H
#define HULL_USER_NAMESPACE_H

#include <stdbool.h>

/*
 * Holds a user namespace, a new one or (`joined` ≥ 0) the one at a descriptor, and a network namespace that is its own,
 * until stdin ends: writes one byte to stdout once they are there, so that the caller can open them at /proc/<pid>/ns
 * and say who is who in the new one. 0 or an errno.
 */
int user_namespace_hold(int joined);

/* Becomes root of the user namespace of a process, if that is another than this one's. False with errno. */
bool user_namespace_enter(int pid);

#endif
