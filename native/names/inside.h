/* The name server's place inside of a sandbox. */
#ifndef HULL_NAMES_INSIDE_H
#define HULL_NAMES_INSIDE_H

#include <stdbool.h>

/*
 * Opens 127.0.0.11 for datagrams and streams in the caller's network namespace, at free ports, and makes rules that
 * lead port 53 of that address there: port 53 itself stays free for a name server of the container's own, which binds
 * every address. In place of whatever rules of this kind were there. False with errno.
 */
bool inside_open(int sockets[2]);

#endif
