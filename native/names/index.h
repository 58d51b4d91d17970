/* Endpoints by name and by address. */
#ifndef HULL_NAMES_INDEX_H
#define HULL_NAMES_INDEX_H

#include "names.h"

uint32_t index_hash(const char *text);

/* `link`: the container that the name means, for the endpoint's own container only; NULL: it means the endpoint. */
void index_add(struct endpoint *endpoint, const char *name, const char *link);
void index_add_addresses(struct endpoint *endpoint);
/* Takes out everything about it. */
void index_remove(struct endpoint *endpoint);

unsigned index_find(const struct network *network, const char *name, struct endpoint *found[], unsigned max);
/* What an endpoint's own container calls somebody else by; 0 or 1. */
unsigned index_find_link(const struct endpoint *mine, const char *name, struct endpoint *found[]);
const struct endpoint *index_find_address(const struct network *network, const uint8_t *address, size_t length);

#endif
