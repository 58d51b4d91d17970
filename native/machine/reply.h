/* Replies of the guest: which may come, whole ones out of continued ones. */
#ifndef HULL_REPLY_H
#define HULL_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "link.h"

/* The call may be answered with this type now: it opens the call's streams, or ends it. */
bool reply_fits(const struct call *call, uint8_t type, bool *opens, bool *ends);

/* Puts a continued reply together, which the caller keeps to REQUEST_MAX; true when it is whole. */
bool reply_collect(struct call *call, const struct frame *frame, const uint8_t **payload, size_t *length);

/* It is a field list. */
bool reply_parses(const uint8_t *list, size_t length);

#endif
