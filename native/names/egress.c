#include "egress.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"

#define PATTERNS_MAX 128u
/* Ways that are open for one container; beyond it no more names are answered until some have run out. */
#define GRANTS_MAX 1024u
/* However short an answer lives, who asked must have the time to connect; however long, it may be wrong one day. */
#define LEAST_SECONDS 60u
#define MOST_SECONDS 3600u
/* Refusals that are told in a second, of one container. */
#define TOLD_MAX 10u

struct pattern {
	struct pattern *next;
	/* `*.name`: all below the name, which itself is not meant. */
	bool below;
	char *name;
	char set[GRANT_TABLE_MAX + 1];
};

struct scope {
	struct scope *next;
	unsigned epoch;
	char id[ID_MAX + 1];
	char table[GRANT_TABLE_MAX + 1];
	struct pattern *patterns;
};

struct grant {
	struct grant *next;
	uint64_t until_ms;
	uint8_t length;
	uint8_t address[16];
	char name[];
};

static void free_patterns(struct scope *scope)
{
	for (struct pattern *at = scope->patterns, *next; at; at = next) {
		next = at->next;
		free(at->name);
		free(at);
	}
	scope->patterns = NULL;
}

static bool copy_word(char *to, size_t room, const char *from)
{
	size_t length = strlen(from);
	if (length == 0 || length >= room)
		return false;
	memcpy(to, from, length + 1);
	return true;
}

static bool add_pattern(struct scope *scope, char *word)
{
	char *set = strchr(word, '=');
	struct pattern *made = set ? calloc(1, sizeof *made) : NULL;
	if (!made)
		return false;
	*set++ = 0;
	made->below = strncmp(word, "*.", 2) == 0;
	made->name = strdup(word + (made->below ? 2 : 0));
	made->next = scope->patterns;
	scope->patterns = made;
	return made->name && copy_word(made->set, sizeof made->set, set);
}

static struct scope **place_of(struct container *container, const char *id)
{
	struct scope **at = &container->scopes;
	while (*at && strcmp((*at)->id, id) != 0)
		at = &(*at)->next;
	return at;
}

/* A scope that cannot be read allows nothing: it is there, with what of it was understood. */
bool egress_put(struct container *container, const char *id, char *words[], unsigned count)
{
	struct scope **at = place_of(container, id);
	if (!*at)
		*at = calloc(1, sizeof **at);
	struct scope *scope = *at;
	if (!scope || count == 0 || !copy_word(scope->id, sizeof scope->id, id))
		return false;
	scope->epoch = container->epoch;
	free_patterns(scope);
	if (!copy_word(scope->table, sizeof scope->table, words[0]) || count - 1 > PATTERNS_MAX)
		return false;
	for (unsigned i = 1; i < count; i++)
		if (!add_pattern(scope, words[i]))
			return false;
	return true;
}

static void take_out(struct scope **at)
{
	struct scope *scope = *at;
	*at = scope->next;
	free_patterns(scope);
	free(scope);
}

void egress_end(struct container *container, const char *id)
{
	struct scope **at = place_of(container, id);
	if (*at)
		take_out(at);
}

void egress_sync(struct container *container, unsigned epoch)
{
	for (struct scope **at = &container->scopes; *at;) {
		if ((*at)->epoch == epoch)
			at = &(*at)->next;
		else
			take_out(at);
	}
}

static void drop_grants(struct container *container, uint64_t until_ms)
{
	for (struct grant **at = &container->grants; *at;) {
		struct grant *grant = *at;
		if (grant->until_ms > until_ms) {
			at = &grant->next;
			continue;
		}
		*at = grant->next;
		free(grant);
		container->grant_count--;
	}
}

void egress_forget(struct container *container)
{
	while (container->scopes)
		take_out(&container->scopes);
	drop_grants(container, UINT64_MAX);
}

bool egress_is_limited(const struct container *container)
{
	return container->scopes != NULL;
}

static bool matches(const struct pattern *pattern, const char *name)
{
	size_t whole = strlen(name), end = strlen(pattern->name);
	if (!pattern->below)
		return strcmp(name, pattern->name) == 0;
	return whole > end + 1 && name[whole - end - 1] == '.' && strcmp(name + whole - end, pattern->name) == 0;
}

static bool scope_allows(const struct scope *scope, const char *name)
{
	const struct pattern *at = scope->patterns;
	while (at && !matches(at, name))
		at = at->next;
	return at != NULL;
}

static const struct scope *scope_of(const struct container *container, const char *id)
{
	const struct scope *at = container->scopes;
	while (at && strcmp(at->id, id) != 0)
		at = at->next;
	return at;
}

/* By a network that has a way out, and no policy or one that allows the name. */
static bool a_network_allows(const struct container *container, const char *name)
{
	for (const struct endpoint *at = container->endpoints; at; at = at->next) {
		const struct scope *scope = scope_of(container, at->network->id);
		if (!at->network->internal && (!scope || scope_allows(scope, name)))
			return true;
	}
	return false;
}

static bool allows(const struct container *container, const char *name)
{
	const struct scope *own = scope_of(container, EGRESS_OWN);
	return (!own || scope_allows(own, name)) && a_network_allows(container, name);
}

bool egress_allows(const struct container *container, const struct question *question)
{
	char name[TEXT_NAME_MAX];
	if (!egress_is_limited(container))
		return true;
	return question->class == CLASS_IN && message_name_text(question, name) && allows(container, name);
}

void egress_refused(struct container *container, const struct question *question)
{
	char name[TEXT_NAME_MAX] = ".", line[ID_MAX + TEXT_NAME_MAX + 32];
	uint64_t second = clock_ms() / 1000;
	if (container->told_second != second) {
		container->told_second = second;
		container->told = 0;
	}
	if (container->told++ >= TOLD_MAX || !message_name_text(question, name))
		return;
	for (char *at = name; *at; at++)
		if (*at <= ' ' || *at > '~')
			*at = '?';
	snprintf(line, sizeof line, "denied %s %u %s\n", container->id, question->type, name);
	control_tell(line);
}

static struct grant *find_grant(const struct container *container, const struct grant_item *item, const char *name)
{
	struct grant *at = container->grants;
	while (at && !(at->length == item->length && memcmp(at->address, item->address, item->length) == 0 &&
		       strcmp(at->name, name) == 0))
		at = at->next;
	return at;
}

/* The newest first: it tells whose an address is. False when there is no room. */
static bool remember(struct container *container, const struct grant_item *item, const char *name)
{
	uint64_t now = clock_ms();
	struct grant *grant = find_grant(container, item, name);
	if (!grant && container->grant_count >= GRANTS_MAX)
		drop_grants(container, now);
	if (!grant) {
		size_t length = strlen(name) + 1;
		grant = container->grant_count < GRANTS_MAX ? calloc(1, sizeof *grant + length) : NULL;
		if (!grant)
			return false;
		memcpy(grant->address, item->address, sizeof grant->address);
		memcpy(grant->name, name, length);
		grant->length = item->length;
		container->grant_count++;
	} else {
		struct grant **at = &container->grants;
		while (*at != grant)
			at = &(*at)->next;
		*at = grant->next;
	}
	grant->until_ms = now + (uint64_t)item->seconds * 1000;
	grant->next = container->grants;
	container->grants = grant;
	return true;
}

/* Into every set whose pattern has the name. */
static bool open_ways(const struct container *container, const char *name, struct grant_order *order)
{
	bool good = true;
	for (const struct scope *scope = container->scopes; scope && order->count; scope = scope->next) {
		memcpy(order->table, scope->table, sizeof order->table);
		for (const struct pattern *at = scope->patterns; at; at = at->next) {
			if (!matches(at, name))
				continue;
			memcpy(order->set, at->set, sizeof order->set);
			good &= opener_grant(order);
		}
	}
	return good;
}

/*
 * Addresses that mean this host, its link or nobody in particular: no name outside has them, so one that says so wants
 * to be let in where its owner cannot get.
 */
static bool is_strange(const uint8_t *bytes, size_t length)
{
	static const uint8_t zeros[10];
	if (length == 4)
		return bytes[0] == 0 || bytes[0] == 127 || bytes[0] >= 224 || (bytes[0] == 169 && bytes[1] == 254);
	/* ::, ::1, and IPv4 in IPv6, which no packet has. */
	if (memcmp(bytes, zeros, sizeof zeros) == 0)
		return true;
	return bytes[0] == 0xff || (bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80);
}

static uint32_t lifetime_of(uint32_t ttl)
{
	return ttl < LEAST_SECONDS ? LEAST_SECONDS : ttl > MOST_SECONDS ? MOST_SECONDS : ttl;
}

static bool is_open_for(const struct container *container, const struct grant_item *item, const char *name, uint32_t ttl)
{
	const struct grant *grant = find_grant(container, item, name);
	uint32_t wanted = ttl < LEAST_SECONDS / 2 ? LEAST_SECONDS / 2 : ttl;
	return grant && grant->until_ms >= clock_ms() + (uint64_t)(wanted < MOST_SECONDS / 2 ? wanted : MOST_SECONDS / 2) * 1000;
}

static bool take_item(struct grant_item *item, const uint8_t *bytes, const struct record *record)
{
	size_t length = record->type == TYPE_A ? 4 : record->type == TYPE_AAAA ? 16 : 0;
	if (length == 0 || record->data_length != length || is_strange(bytes + record->data_at, length))
		return false;
	*item = (struct grant_item){.seconds = lifetime_of(record->ttl), .length = (uint8_t)length};
	memcpy(item->address, bytes + record->data_at, length);
	return true;
}

static bool flush_order(struct container *container, const char *name, struct grant_order *order)
{
	bool good = open_ways(container, name, order);
	for (unsigned i = 0; good && i < order->count; i++)
		good = remember(container, &order->items[i], name);
	order->count = 0;
	return good;
}

bool egress_grant(struct container *container, const struct question *question, const uint8_t *bytes, size_t length)
{
	char name[TEXT_NAME_MAX];
	struct grant_order order = {.count = 0};
	struct records records;
	struct record record;
	if (!egress_is_limited(container))
		return true;
	if (!message_name_text(question, name))
		return false;
	records_begin(&records, bytes, length, question->end);
	/* Of the answer alone: what else comes along was not asked for. */
	for (unsigned left = message_u16(bytes + 6); left > 0; left--) {
		if (records_next(&records, &record) <= 0)
			return false;
		struct grant_item *item = &order.items[order.count];
		if (!take_item(item, bytes, &record) || is_open_for(container, item, name, record.ttl))
			continue;
		if (++order.count == GRANT_ITEMS_MAX && !flush_order(container, name, &order))
			return false;
	}
	return order.count == 0 || flush_order(container, name, &order);
}

void egress_refill(struct container *container)
{
	uint64_t now = clock_ms();
	drop_grants(container, now);
	for (const struct grant *at = container->grants; at; at = at->next) {
		struct grant_order order = {.count = 1};
		order.items[0] = (struct grant_item){.seconds = (uint32_t)((at->until_ms - now) / 1000) + 1, .length = at->length};
		memcpy(order.items[0].address, at->address, sizeof at->address);
		/* A set that is not there is made and filled by a later order. */
		(void)open_ways(container, at->name, &order);
	}
}

const char *egress_name_of(const struct container *container, const uint8_t *address, size_t length)
{
	for (const struct grant *at = container->grants; at; at = at->next)
		if (at->length == length && memcmp(at->address, address, length) == 0)
			return at->name;
	return NULL;
}
