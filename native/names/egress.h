/*
 * What containers may leave their networks for: names, whose addresses are put into sets of the host's firewall before
 * an answer tells them. Without a scope a container may ask for everything; with several, each must allow a name, but of
 * its networks one is enough.
 */
#ifndef HULL_NAMES_EGRESS_H
#define HULL_NAMES_EGRESS_H

#include "names.h"

/* The scope of a container's own policy; any other is a network's id. */
#define EGRESS_OWN "container"

/* `NAME=SET` or `*.NAME=SET` each: the sets are SET_4 and SET_6 of an `inet` table. In place of the scope before. */
bool egress_put(struct container *container, const char *scope, char *words[], unsigned count);
void egress_end(struct container *container, const char *scope);
/* Everything about it. */
void egress_forget(struct container *container);
/* Scopes that were not said since the epoch began are gone. */
void egress_sync(struct container *container, unsigned epoch);

bool egress_is_limited(const struct container *container);
bool egress_allows(const struct container *container, const struct question *question);
/* A question was refused; told to the daemon, not too often. */
void egress_refused(struct container *container, const struct question *question);
/* Opens the way to all addresses of an answer. False when that cannot be: then nobody may be told them. */
bool egress_grant(struct container *container, const struct question *question, const uint8_t *bytes, size_t length);
/* Opens the ways again that were opened and may have been taken away. */
void egress_refill(struct container *container);
/* The name that an address was last told for, or NULL. */
const char *egress_name_of(const struct container *container, const uint8_t *address, size_t length);

/* ---- grant.c, in the half with privileges ---- */

#define GRANT_TABLE_MAX 63
#define GRANT_ITEMS_MAX 32

/* Addresses for the two sets of a name, for so many seconds from now. */
struct grant_order {
	char table[GRANT_TABLE_MAX + 1];
	char set[GRANT_TABLE_MAX + 1];
	unsigned count;
	struct grant_item {
		uint32_t seconds;
		/* 4 or 16 bytes of it. */
		uint8_t length;
		uint8_t address[16];
	} items[GRANT_ITEMS_MAX];
};

/* In the caller's network namespace. False with errno: ENOENT without the set. */
bool grant_addresses(const struct grant_order *order);

#endif
