/* CONFIGURE: who the machine is: name, time, randomness, network. */
#ifndef HULL_GUEST_CONFIGURE_H
#define HULL_GUEST_CONFIGURE_H

#include <stddef.h>
#include <stdint.h>

/* Reads the field list and carries it out. A message (to be freed) or NULL; the code of the error in `code`. */
char *configure(const uint8_t *list, size_t length, const char **code);

#endif
