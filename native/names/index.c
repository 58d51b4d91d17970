#include "index.h"

#include <stdlib.h>
#include <string.h>

#define BUCKETS 4096u

struct entry {
	struct entry *next;
	struct endpoint *endpoint;
	/* A container's id, or empty. */
	char link[ID_MAX + 1];
	char name[];
};

static struct entry *entries[BUCKETS];
static struct endpoint *by_v4[BUCKETS];
static struct endpoint *by_v6[BUCKETS];

static uint32_t hash_bytes(const void *bytes, size_t length)
{
	/* FNV-1a. */
	uint32_t hash = 2166136261u;
	for (size_t i = 0; i < length; i++)
		hash = (hash ^ ((const uint8_t *)bytes)[i]) * 16777619u;
	return hash ^ hash >> 16;
}

uint32_t index_hash(const char *text)
{
	return hash_bytes(text, strlen(text));
}

void index_add(struct endpoint *endpoint, const char *name, const char *link)
{
	size_t length = strlen(name), link_length = link ? strlen(link) : 0;
	if (length == 0 || length >= TEXT_NAME_MAX || link_length > ID_MAX)
		return;
	struct entry *entry = calloc(1, sizeof *entry + length + 1);
	if (!entry)
		return;
	entry->endpoint = endpoint;
	memcpy(entry->name, name, length);
	if (link)
		memcpy(entry->link, link, link_length);
	struct entry **bucket = &entries[index_hash(name) % BUCKETS];
	entry->next = *bucket;
	*bucket = entry;
}

void index_add_addresses(struct endpoint *endpoint)
{
	if (endpoint->has_v4) {
		struct endpoint **bucket = &by_v4[hash_bytes(endpoint->v4, 4) % BUCKETS];
		endpoint->next_v4 = *bucket;
		*bucket = endpoint;
	}
	if (endpoint->has_v6) {
		struct endpoint **bucket = &by_v6[hash_bytes(endpoint->v6, 16) % BUCKETS];
		endpoint->next_v6 = *bucket;
		*bucket = endpoint;
	}
}

/* Endpoints go seldom: all names are looked through. */
static void remove_names(const struct endpoint *endpoint)
{
	for (unsigned i = 0; i < BUCKETS; i++) {
		for (struct entry **at = &entries[i]; *at;) {
			struct entry *entry = *at;
			if (entry->endpoint != endpoint) {
				at = &entry->next;
				continue;
			}
			*at = entry->next;
			free(entry);
		}
	}
}

void index_remove(struct endpoint *endpoint)
{
	remove_names(endpoint);
	if (endpoint->has_v4) {
		struct endpoint **at = &by_v4[hash_bytes(endpoint->v4, 4) % BUCKETS];
		while (*at && *at != endpoint)
			at = &(*at)->next_v4;
		if (*at)
			*at = endpoint->next_v4;
	}
	if (endpoint->has_v6) {
		struct endpoint **at = &by_v6[hash_bytes(endpoint->v6, 16) % BUCKETS];
		while (*at && *at != endpoint)
			at = &(*at)->next_v6;
		if (*at)
			*at = endpoint->next_v6;
	}
}

static bool is_twice(struct endpoint *const found[], unsigned count, const struct endpoint *endpoint)
{
	for (unsigned i = 0; i < count; i++)
		if (found[i] == endpoint)
			return true;
	return false;
}

unsigned index_find(const struct network *network, const char *name, struct endpoint *found[], unsigned max)
{
	unsigned count = 0;
	for (const struct entry *at = entries[index_hash(name) % BUCKETS]; at && count < max; at = at->next) {
		if (at->link[0] || at->endpoint->network != network || strcmp(at->name, name) != 0)
			continue;
		if (!is_twice(found, count, at->endpoint))
			found[count++] = at->endpoint;
	}
	return count;
}

unsigned index_find_link(const struct endpoint *mine, const char *name, struct endpoint *found[])
{
	for (const struct entry *at = entries[index_hash(name) % BUCKETS]; at; at = at->next) {
		if (!at->link[0] || at->endpoint != mine || strcmp(at->name, name) != 0)
			continue;
		const struct container *target = table_container(at->link);
		for (struct endpoint *of = target ? target->endpoints : NULL; of; of = of->next) {
			if (of->network != mine->network)
				continue;
			found[0] = of;
			return 1;
		}
	}
	return 0;
}

const struct endpoint *index_find_address(const struct network *network, const uint8_t *address, size_t length)
{
	uint32_t bucket = hash_bytes(address, length) % BUCKETS;
	if (length == 4) {
		for (const struct endpoint *at = by_v4[bucket]; at; at = at->next_v4)
			if (at->network == network && memcmp(at->v4, address, 4) == 0)
				return at;
	} else {
		for (const struct endpoint *at = by_v6[bucket]; at; at = at->next_v6)
			if (at->network == network && memcmp(at->v6, address, 16) == 0)
				return at;
	}
	return NULL;
}
