/*
 * The files that the host's kernel knows of, each by its folder and name: a descriptor for each would take the guest's
 * memory away from the container. The root of all has two folders, `root` (the container's root, with what is mounted
 * there) and `upper` (its own changes).
 */
#ifndef HULL_GUEST_NODES_H
#define HULL_GUEST_NODES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#define NODE_TOP 1

struct node {
	uint64_t id;
	struct node *parent;
	char *name;
	/* How often the host was told of it, and how many nodes are in it. */
	uint64_t lookups;
	uint64_t children;
	/* Which file it was when it was told; another under the same name gets a node of its own. */
	dev_t device;
	ino_t inode;
	uint64_t generation;
	/* No longer under its name. */
	bool detached;
	struct node *next;
};

/* NULL when there is no such node. */
struct node *node_find(uint64_t id);

/*
 * Where the node is: a descriptor of its folder, to be closed, and its name in there. `.` for the two folders of the
 * top. -1 with errno.
 */
int node_locate(const struct node *node, const char **name);

/* A descriptor of a node that is a folder, to be closed. -1 with errno. */
int node_folder(const struct node *node);

/* The node of this name in a folder for the file with this status, told once more. */
struct node *node_tell(struct node *parent, const char *name, const struct stat *status);

/* The host has forgotten so many tellings. */
void node_forget(uint64_t id, uint64_t times);

/* What had this name has it no more; what had the other name has this one. */
void node_remove(struct node *parent, const char *name);
void node_move(struct node *from, const char *name, struct node *to, const char *new_name);

/* All of them go. */
void nodes_clear(void);

#endif
