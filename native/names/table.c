/* Networks, containers and what is under which name. */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "egress.h"
#include "index.h"
#include "names.h"

#define BUCKETS 1024u

static struct container *containers[BUCKETS];
static struct network *networks;
static unsigned epoch;

static struct container **place_of(const char *id)
{
	struct container **at = &containers[index_hash(id) % BUCKETS];
	while (*at && strcmp((*at)->id, id) != 0)
		at = &(*at)->next;
	return at;
}

struct container *table_container(const char *id)
{
	return *place_of(id);
}

struct container *table_make_container(const char *id)
{
	struct container **at = place_of(id);
	if (!*at) {
		size_t length = strlen(id);
		struct container *made = length > 0 && length <= ID_MAX ? calloc(1, sizeof *made) : NULL;
		if (!made)
			return NULL;
		memcpy(made->id, id, length);
		*at = made;
	}
	(*at)->epoch = epoch;
	return *at;
}

struct container *table_containers(struct container *after)
{
	unsigned bucket = 0;
	if (after && after->next)
		return after->next;
	if (after)
		bucket = index_hash(after->id) % BUCKETS + 1;
	while (bucket < BUCKETS && !containers[bucket])
		bucket++;
	return bucket < BUCKETS ? containers[bucket] : NULL;
}

bool table_is_idle(void)
{
	for (struct container *at = NULL; (at = table_containers(at));)
		if (at->sockets || at->relays)
			return false;
	return true;
}

static void lower_case(char *text)
{
	for (; *text; text++)
		*text = (char)(*text >= 'A' && *text <= 'Z' ? *text + 32 : *text);
}

static struct network *make_network(const struct endpoint_order *order)
{
	struct network *network = networks;
	size_t length = strlen(order->network);
	while (network && strcmp(network->id, order->network) != 0)
		network = network->next;
	if (!network) {
		network = length > 0 && length <= ID_MAX ? calloc(1, sizeof *network) : NULL;
		if (!network)
			return NULL;
		memcpy(network->id, order->network, length);
		network->next = networks;
		networks = network;
	}
	char *name = strdup(order->network_name);
	if (name) {
		lower_case(name);
		free(network->name);
		network->name = name;
	}
	network->internal = order->internal;
	return network;
}

static void free_network(struct network *network)
{
	struct network **at = &networks;
	while (*at != network)
		at = &(*at)->next;
	*at = network->next;
	free(network->name);
	free(network);
}

static void free_endpoint(struct endpoint *endpoint)
{
	struct endpoint **at = &endpoint->container->endpoints;
	while (*at != endpoint)
		at = &(*at)->next;
	*at = endpoint->next;
	index_remove(endpoint);
	if (--endpoint->network->endpoints == 0)
		free_network(endpoint->network);
	free(endpoint->first_name);
	free(endpoint);
}

static void free_if_unknown(struct container *container)
{
	if (container->endpoints || container->served)
		return;
	forward_drop_container(container);
	egress_forget(container);
	struct container **at = place_of(container->id);
	*at = container->next;
	free(container);
}

static struct endpoint *find_endpoint(const struct container *container, const char *network)
{
	for (struct endpoint *at = container ? container->endpoints : NULL; at; at = at->next)
		if (strcmp(at->network->id, network) == 0)
			return at;
	return NULL;
}

static bool comes_before(const struct endpoint *one, const struct endpoint *other)
{
	if (one->priority != other->priority)
		return one->priority > other->priority;
	return strcmp(one->network->name, other->network->name) < 0;
}

static bool take_addresses(struct endpoint *endpoint, const struct endpoint_order *order)
{
	endpoint->has_v4 = strcmp(order->v4, "-") != 0;
	endpoint->has_v6 = strcmp(order->v6, "-") != 0;
	return (!endpoint->has_v4 || inet_pton(AF_INET, order->v4, endpoint->v4) == 1) &&
	       (!endpoint->has_v6 || inet_pton(AF_INET6, order->v6, endpoint->v6) == 1);
}

static void take_names(struct endpoint *endpoint, const struct endpoint_order *order)
{
	for (unsigned i = 0; i < order->name_count; i++) {
		lower_case(order->names[i]);
		index_add(endpoint, order->names[i], NULL);
	}
	for (unsigned i = 0; i < order->link_count; i++) {
		char *target = order->links[i];
		char *alias = strsep(&target, "=");
		lower_case(alias);
		if (target)
			index_add(endpoint, alias, target);
	}
}

bool table_put_endpoint(const struct endpoint_order *order)
{
	struct endpoint *made = calloc(1, sizeof *made);
	struct container *container = made && take_addresses(made, order) ? table_make_container(order->container) : NULL;
	/* Before the network is looked for, which may go with its last endpoint. */
	struct endpoint *former = find_endpoint(container, order->network);
	if (former)
		free_endpoint(former);
	struct network *network = container ? make_network(order) : NULL;
	if (!network || !network->name) {
		free(made);
		return false;
	}
	made->network = network;
	made->container = container;
	made->priority = order->priority;
	made->epoch = epoch;
	made->first_name = order->name_count ? strdup(order->names[0]) : NULL;
	network->endpoints++;
	struct endpoint **at = &container->endpoints;
	while (*at && comes_before(*at, made))
		at = &(*at)->next;
	made->next = *at;
	*at = made;
	take_names(made, order);
	index_add_addresses(made);
	return true;
}

void table_remove_endpoint(const char *network, const char *id)
{
	struct container *container = table_container(id);
	struct endpoint *endpoint = find_endpoint(container, network);
	if (endpoint)
		free_endpoint(endpoint);
	if (container) {
		egress_end(container, network);
		free_if_unknown(container);
	}
}

void table_forget(struct container *container)
{
	serve_end(container);
	container->served = false;
	while (container->endpoints)
		free_endpoint(container->endpoints);
	free_if_unknown(container);
}

void table_sync_begin(void)
{
	epoch++;
}

void table_sync_end(void)
{
	struct container *next = table_containers(NULL);
	while (next) {
		struct container *at = next;
		next = table_containers(at);
		if (at->epoch != epoch) {
			table_forget(at);
			continue;
		}
		egress_sync(at, epoch);
		for (struct endpoint *endpoint = at->endpoints, *after; endpoint; endpoint = after) {
			after = endpoint->next;
			if (endpoint->epoch != epoch)
				free_endpoint(endpoint);
		}
	}
}

static unsigned collect(const struct endpoint *mine, const char *name, struct endpoint *found[], unsigned max)
{
	unsigned count = index_find_link(mine, name, found);
	return count ? count : index_find(mine->network, name, found, max);
}

/* What is before `.network`, in `stem`; false for a name that does not end so. */
static bool strip_network(const char *name, const struct network *network, char stem[TEXT_NAME_MAX])
{
	size_t whole = strlen(name), end = strlen(network->name);
	if (whole < end + 2 || name[whole - end - 1] != '.' || strcmp(name + whole - end, network->name) != 0)
		return false;
	memcpy(stem, name, whole - end - 1);
	stem[whole - end - 1] = 0;
	return true;
}

unsigned table_find(const struct container *asker, const char *name, struct endpoint *found[], unsigned max)
{
	char stem[TEXT_NAME_MAX];
	for (const struct endpoint *mine = asker->endpoints; mine; mine = mine->next) {
		unsigned count = collect(mine, name, found, max);
		if (count)
			return count;
	}
	for (const struct endpoint *mine = asker->endpoints; mine; mine = mine->next) {
		unsigned count = strip_network(name, mine->network, stem) ? collect(mine, stem, found, max) : 0;
		if (count)
			return count;
	}
	return 0;
}

const struct endpoint *table_find_address(const struct container *asker, const uint8_t *address, size_t length)
{
	for (const struct endpoint *mine = asker->endpoints; mine; mine = mine->next) {
		const struct endpoint *found = index_find_address(mine->network, address, length);
		if (found)
			return found;
	}
	return NULL;
}

bool table_may_leave(const struct container *container)
{
	for (const struct endpoint *at = container->endpoints; at; at = at->next)
		if (!at->network->internal)
			return true;
	return false;
}
