/* Executing a program found by its name, with the errors of runc, which the daemon tells apart. */
#ifndef HULL_GUEST_EXECUTE_H
#define HULL_GUEST_EXECUTE_H

#include "program.h"

/* Finds the program as seen from the current folder; `path` has room for PATH_MAX. A message (to be freed) or NULL. */
char *execute_find(const struct program *program, char *path);

/* Only returns when it fails: the message (to be freed). */
char *execute(const struct program *program, const char *path);

#endif
