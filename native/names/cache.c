/* Answers of other servers, for as long as they say and at most a while. Bounded: the one used longest ago goes first. */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "names.h"

#define BUCKETS 1024u
#define ENTRIES_MAX 2048u
#define BYTES_MAX (1u << 20)
#define ENTRY_MAX 4096u
#define LIFETIME_MAX 600u
/* What is not there may be there soon. */
#define NEGATIVE_MAX 30u

struct entry {
	struct entry *next_in_bucket;
	struct entry *newer, *older;
	uint32_t hash;
	uint64_t servers;
	uint64_t put_ms;
	uint32_t lifetime;
	uint16_t type, class;
	uint8_t flags;
	size_t question_end;
	size_t name_length;
	size_t length;
	/* The name in lower case, then the message. */
	uint8_t bytes[];
};

static struct entry *buckets[BUCKETS];
static struct entry *newest, *oldest;
static unsigned count;
static size_t total;

static uint32_t add_hash(uint32_t hash, const void *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		hash = (hash ^ ((const uint8_t *)bytes)[i]) * 16777619u;
	return hash;
}

/* What makes answers to one question differ. */
static uint8_t flags_of(const struct question *question)
{
	return (uint8_t)(question->edns | question->dnssec_ok << 1 | question->checking_disabled << 2 |
			 question->recursion_desired << 3);
}

static uint32_t hash_of(const struct cache_key *key)
{
	uint32_t hash = add_hash(2166136261u, key->question->name, key->question->name_length);
	hash = add_hash(hash, &key->question->type, sizeof key->question->type);
	hash = add_hash(hash, &key->servers, sizeof key->servers);
	return hash ^ hash >> 16;
}

uint64_t cache_servers(struct server *const servers[], unsigned server_count)
{
	uint64_t hash = 14695981039346656037u;
	for (unsigned i = 0; i < server_count; i++)
		hash = (hash ^ (uint64_t)(uintptr_t)servers[i]) * 1099511628211u;
	return hash;
}

static void take_out(struct entry *entry)
{
	*(entry->newer ? &entry->newer->older : &newest) = entry->older;
	*(entry->older ? &entry->older->newer : &oldest) = entry->newer;
}

static void put_first(struct entry *entry)
{
	entry->newer = NULL;
	entry->older = newest;
	*(newest ? &newest->newer : &oldest) = entry;
	newest = entry;
}

static void drop(struct entry *entry)
{
	struct entry **at = &buckets[entry->hash % BUCKETS];
	while (*at != entry)
		at = &(*at)->next_in_bucket;
	*at = entry->next_in_bucket;
	take_out(entry);
	count--;
	total -= entry->length;
	free(entry);
}

static struct entry *find(const struct cache_key *key)
{
	const struct question *question = key->question;
	uint32_t hash = hash_of(key);
	struct entry *at = buckets[hash % BUCKETS];
	while (at && !(at->hash == hash && at->servers == key->servers && at->type == question->type &&
		       at->class == question->class && at->flags == flags_of(question) &&
		       at->name_length == question->name_length &&
		       memcmp(at->bytes, question->name, question->name_length) == 0))
		at = at->next_in_bucket;
	return at;
}

size_t cache_find(const struct cache_key *key, uint8_t *out)
{
	struct entry *entry = key->question->edns_options ? NULL : find(key);
	if (!entry)
		return 0;
	uint64_t age = (clock_ms() - entry->put_ms) / 1000;
	if (age >= entry->lifetime) {
		drop(entry);
		return 0;
	}
	take_out(entry);
	put_first(entry);
	memcpy(out, entry->bytes + entry->name_length, entry->length);
	message_age(out, entry->length, entry->question_end, (uint32_t)age);
	return entry->length;
}

void cache_put(const struct cache_key *key, const uint8_t *bytes, size_t length)
{
	const struct question *question = key->question;
	if (question->edns_options || length > ENTRY_MAX)
		return;
	uint32_t lifetime = message_lifetime(bytes, length, question->end);
	uint32_t most = message_u16(bytes + 6) ? LIFETIME_MAX : NEGATIVE_MAX;
	struct entry *former = find(key);
	if (former)
		drop(former);
	struct entry *entry = lifetime ? malloc(sizeof *entry + question->name_length + length) : NULL;
	if (!entry)
		return;
	*entry = (struct entry){
		.hash = hash_of(key), .servers = key->servers, .put_ms = clock_ms(), .lifetime = lifetime < most ? lifetime : most,
		.type = question->type, .class = question->class, .flags = flags_of(question), .question_end = question->end,
		.name_length = question->name_length, .length = length,
	};
	memcpy(entry->bytes, question->name, question->name_length);
	memcpy(entry->bytes + question->name_length, bytes, length);
	entry->next_in_bucket = buckets[entry->hash % BUCKETS];
	buckets[entry->hash % BUCKETS] = entry;
	put_first(entry);
	count++;
	total += length;
	while (count > ENTRIES_MAX || total > BYTES_MAX)
		drop(oldest);
}
