#include "nodes.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "child.h"
#include "root.h"

#define BUCKETS 16384
#define PATH_PART 3072

enum { NODE_ROOT = 2, NODE_UPPER = 3, NODES_FIXED = 4 };

static struct node fixed[NODES_FIXED] = {
	[NODE_TOP] = {.id = NODE_TOP, .name = ""},
	[NODE_ROOT] = {.id = NODE_ROOT, .name = "root", .parent = &fixed[NODE_TOP]},
	[NODE_UPPER] = {.id = NODE_UPPER, .name = "upper", .parent = &fixed[NODE_TOP]},
};

/* By number; a number that is free has NULL, and is found again by `first_free`. */
static struct node **table;
static uint64_t table_size = NODES_FIXED, table_room;
static uint64_t first_free = NODES_FIXED;
static struct node *buckets[BUCKETS];
static uint64_t generations;

static unsigned bucket_of(const struct node *parent, const char *name)
{
	uint64_t hash = 1469598103934665603u ^ parent->id;
	for (; *name; name++)
		hash = (hash ^ (uint8_t)*name) * 1099511628211u;
	return (unsigned)(hash % BUCKETS);
}

struct node *node_find(uint64_t id)
{
	if (id > 0 && id < NODES_FIXED)
		return &fixed[id];
	return id < table_size ? table[id] : NULL;
}

static struct node **find_link(const struct node *parent, const char *name)
{
	struct node **link = &buckets[bucket_of(parent, name)];
	while (*link && ((*link)->parent != parent || strcmp((*link)->name, name) != 0))
		link = &(*link)->next;
	return link;
}

/* Symbolic links are not followed and `..` leads nowhere: the container may change its folders meanwhile. */
static int open_beneath(int folder, const char *path, int flags)
{
	struct open_how how = {
		.flags = (unsigned)flags | O_CLOEXEC | O_NOFOLLOW,
		.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH,
	};
	return (int)syscall(SYS_openat2, folder, path, &how, sizeof how);
}

/* The container's root is the running process's: it has the container's mounts. */
static int open_fixed(const struct node *node)
{
	char path[64] = ROOT_FOLDER;
	if (node->id == NODE_UPPER)
		return open(UPPER_FOLDER, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (task_leader() > 0)
		snprintf(path, sizeof path, "/proc/%d/root", (int)task_leader());
	return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* Steps that are short enough for one call, from the outside in. */
int node_folder(const struct node *node)
{
	char path[PATH_PART + 256];
	size_t start = sizeof path - 1;
	path[start] = 0;
	const struct node *at = node;
	if (node->id == NODE_TOP) {
		errno = EINVAL;
		return -1;
	}
	while (at->id >= NODES_FIXED && sizeof path - 1 - start < PATH_PART) {
		size_t length = strlen(at->name);
		if (at->detached) {
			errno = ENOENT;
			return -1;
		}
		start -= length;
		memcpy(path + start, at->name, length);
		if (start + length < sizeof path - 1)
			path[start + length] = '/';
		start--;
		path[start] = '/';
		at = at->parent;
	}
	int above = at->id < NODES_FIXED ? open_fixed(at) : node_folder(at);
	if (above < 0 || at == node)
		return above;
	int fd = open_beneath(above, path + start + 1, O_PATH | O_DIRECTORY);
	int error = errno;
	close(above);
	errno = error;
	return fd;
}

int node_locate(const struct node *node, const char **name)
{
	if (node->id < NODES_FIXED) {
		*name = ".";
		return node_folder(node);
	}
	if (node->detached) {
		errno = ENOENT;
		return -1;
	}
	*name = node->name;
	return node_folder(node->parent);
}

static uint64_t take_number(void)
{
	while (first_free < table_size && table[first_free])
		first_free++;
	if (first_free >= table_room) {
		uint64_t room = table_room ? table_room * 2 : 256;
		struct node **grown = realloc(table, room * sizeof *grown);
		if (!grown)
			abort();
		memset(grown + table_room, 0, (room - table_room) * sizeof *grown);
		table = grown;
		table_room = room;
	}
	if (first_free >= table_size)
		table_size = first_free + 1;
	return first_free++;
}

struct node *node_tell(struct node *parent, const char *name, const struct stat *status)
{
	if (parent->id == NODE_TOP)
		return strcmp(name, "root") == 0 ? &fixed[NODE_ROOT] : &fixed[NODE_UPPER];
	struct node **link = find_link(parent, name);
	struct node *node = *link;
	if (node && (node->device != status->st_dev || node->inode != status->st_ino)) {
		*link = node->next;
		node->detached = true;
		node = NULL;
	}
	if (!node) {
		node = calloc(1, sizeof *node);
		if (!node || !(node->name = strdup(name)))
			abort();
		node->id = take_number();
		node->generation = ++generations;
		node->parent = parent;
		node->device = status->st_dev;
		node->inode = status->st_ino;
		parent->children++;
		table[node->id] = node;
		link = &buckets[bucket_of(parent, name)];
		node->next = *link;
		*link = node;
	}
	node->lookups++;
	return node;
}

static void unlink_node(struct node *node)
{
	if (node->detached)
		return;
	struct node **link = &buckets[bucket_of(node->parent, node->name)];
	while (*link != node)
		link = &(*link)->next;
	*link = node->next;
}

/* A folder stays for as long as there is something in it that the host knows. */
static void free_unused(struct node *node)
{
	while (node->id >= NODES_FIXED && node->lookups == 0 && node->children == 0) {
		struct node *parent = node->parent;
		unlink_node(node);
		table[node->id] = NULL;
		if (node->id < first_free)
			first_free = node->id;
		free(node->name);
		free(node);
		parent->children--;
		node = parent;
	}
}

void node_forget(uint64_t id, uint64_t times)
{
	struct node *node = node_find(id);
	if (!node || node->id < NODES_FIXED)
		return;
	node->lookups -= times < node->lookups ? times : node->lookups;
	free_unused(node);
}

void node_remove(struct node *parent, const char *name)
{
	struct node **link = find_link(parent, name);
	struct node *node = *link;
	if (!node)
		return;
	*link = node->next;
	node->detached = true;
}

void node_move(struct node *from, const char *name, struct node *to, const char *new_name)
{
	node_remove(to, new_name);
	struct node *node = *find_link(from, name);
	if (!node)
		return;
	unlink_node(node);
	char *copy = strdup(new_name);
	if (!copy)
		abort();
	free(node->name);
	node->name = copy;
	from->children--;
	to->children++;
	node->parent = to;
	struct node **link = &buckets[bucket_of(to, new_name)];
	node->next = *link;
	*link = node;
	free_unused(from);
}

void nodes_clear(void)
{
	for (uint64_t id = NODES_FIXED; id < table_size; id++) {
		if (!table[id])
			continue;
		free(table[id]->name);
		free(table[id]);
	}
	free(table);
	table = NULL;
	table_size = first_free = NODES_FIXED;
	table_room = 0;
	for (uint64_t id = 0; id < NODES_FIXED; id++)
		fixed[id].children = 0;
	memset(buckets, 0, sizeof buckets);
}
