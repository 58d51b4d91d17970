#include "trees.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "user_namespace.h"

#ifndef SYS_move_mount
#define SYS_move_mount 429
#endif
#ifndef SYS_openat2
#define SYS_openat2 437
#endif
#ifndef SYS_open_tree
#define SYS_open_tree 428
#endif
#define CLONE_TREE 1
#define FROM_EMPTY_PATH 0x04
#define TO_EMPTY_PATH 0x40
#define NO_MAGICLINKS 0x02
#define IN_ROOT 0x10

/* The kernel's `struct open_how`. */
struct how {
	uint64_t flags;
	uint64_t mode;
	uint64_t resolve;
};

static int move_to(int tree, int target)
{
	return (int)syscall(SYS_move_mount, tree, "", target, "", FROM_EMPTY_PATH | TO_EMPTY_PATH);
}

/* A name in a folder to mount the tree on: a folder on a folder, anything else on a file. */
static int make_target(int folder, const char *name, bool directory)
{
	int made = directory ? mkdirat(folder, name, 0755) : mknodat(folder, name, S_IFREG | 0644, 0);
	if (made < 0 && errno != EEXIST)
		return -1;
	return openat(folder, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
}

static bool is_directory(int fd)
{
	struct stat status;
	return fstat(fd, &status) == 0 && S_ISDIR(status.st_mode);
}

static int open_folder(const char *run_dir)
{
	char path[4352];
	snprintf(path, sizeof path, "%s/trees", run_dir);
	/* A runtime looks them up as the root of its container, who may be nobody here. */
	if (mkdir(path, 0711) < 0 && errno != EEXIST)
		return -1;
	return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

bool trees_place(const char *run_dir, int first, unsigned count)
{
	char name[16];
	int folder = open_folder(run_dir);
	bool placed = folder >= 0;
	for (unsigned i = 0; placed && i < count; i++) {
		int tree = first + (int)i;
		snprintf(name, sizeof name, "%u", i);
		int target = make_target(folder, name, is_directory(tree));
		placed = target >= 0 && move_to(tree, target) == 0;
		int error = errno;
		if (target >= 0)
			close(target);
		close(tree);
		errno = error;
	}
	if (folder >= 0)
		close(folder);
	return placed;
}

static bool enter(int pid)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/%d/ns/mnt", pid);
	int namespace = open(path, O_RDONLY | O_CLOEXEC);
	/*
	 * The root and the current folder become those of the namespace; what is made there is the container's root's, the
	 * only one whom its files can belong to.
	 */
	return namespace >= 0 && user_namespace_enter(pid) && setns(namespace, CLONE_NEWNS) == 0;
}

/* Follows the container's own links, to no place outside of its root, and none of procfs's. */
static int open_inside(int root, const char *path)
{
	struct how how = {.flags = O_PATH | O_CLOEXEC, .resolve = IN_ROOT | NO_MAGICLINKS};
	int fd;
	do
		fd = (int)syscall(SYS_openat2, root, path, &how, sizeof how);
	while (fd < 0 && errno == EAGAIN);
	return fd;
}

/* A mount can be copied by those of its namespace alone; a copy that is nowhere is put anywhere. */
static int copy_memory(int namespace)
{
	if (setns(namespace, CLONE_NEWNS) < 0)
		return -1;
	int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int memory = root < 0 ? -1 : open_inside(root, "/dev/shm");
	int tree = memory < 0 ? -1 : (int)syscall(SYS_open_tree, memory, "", CLONE_TREE | O_CLOEXEC | AT_EMPTY_PATH);
	int error = errno;
	if (root >= 0)
		close(root);
	if (memory >= 0)
		close(memory);
	errno = error;
	return tree;
}

bool trees_place_memory(const char *run_dir, int pid)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/%d/ns/mnt", pid);
	int namespace = open(path, O_RDONLY | O_CLOEXEC), own = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	if (namespace < 0 || own < 0)
		return false;
	int tree = copy_memory(namespace), error = errno;
	if (setns(own, CLONE_NEWNS) < 0)
		abort();
	close(own);
	close(namespace);
	errno = error;
	int folder = tree < 0 ? -1 : open_folder(run_dir), target = folder < 0 ? -1 : make_target(folder, "shm", true);
	return target >= 0 && move_to(tree, target) == 0 && close(target) == 0 && close(folder) == 0 && close(tree) == 0;
}

static int open_or_make(int root, const char *target, bool directory)
{
	char path[4096];
	if (*target != '/' || strlen(target) >= sizeof path) {
		errno = EINVAL;
		return -1;
	}
	strcpy(path, target);
	int parent = open_inside(root, "/");
	for (char *name = path + 1; parent >= 0;) {
		char *slash = strchr(name, '/');
		if (slash)
			*slash = 0;
		int next = open_inside(root, path);
		if (next < 0 && errno == ENOENT)
			next = make_target(parent, name, slash || directory);
		int error = errno;
		close(parent);
		errno = error;
		if (!slash)
			return next;
		*slash = '/';
		name = slash + 1;
		parent = next;
	}
	return -1;
}

int trees_put_into(int pid, const char *target, int tree)
{
	bool directory = is_directory(tree);
	if (!enter(pid))
		return errno;
	int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int place = open_or_make(root, target, directory);
	if (place < 0)
		return errno;
	if (is_directory(place) != directory)
		return directory ? ENOTDIR : EISDIR;
	return move_to(tree, place) < 0 ? errno : 0;
}

int trees_take_from(int pid, const char *target, bool lazy)
{
	if (!enter(pid))
		return errno;
	/* By its name: a descriptor would keep the mount in use. Only mounts of this namespace can be taken away. */
	return umount2(target, lazy ? MNT_DETACH : 0) < 0 ? errno : 0;
}
