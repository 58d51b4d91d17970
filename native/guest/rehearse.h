/* A container's start and end, gone through without leaving anything (docs/decisions/0157-a-pool-of-machines.md). */
#ifndef HULL_GUEST_REHEARSE_H
#define HULL_GUEST_REHEARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The field list of a GUEST_PREPARE asks for a rehearsal. */
bool rehearse_wanted(const uint8_t *list, size_t length);

/*
 * Mounts, starts and waits for what the list says, in a copy of ourselves that has mounts of its own, then gives the
 * devices back. A message (to be freed) or NULL.
 */
char *rehearse(const uint8_t *list, size_t length);

/* What runs in a rehearsal: this program, with this argument. */
#define REHEARSAL_ARGUMENT "--rehearse"
int rehearse_play(void);

#endif
