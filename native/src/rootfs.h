/* The supervisor's own view of the file systems, in which the container's root is mounted. */
#ifndef HULL_ROOTFS_H
#define HULL_ROOTFS_H

#include <stdbool.h>
#include <stddef.h>

#define MOUNTS_MAX 512
#define MOUNT_OPTIONS_MAX 64
#define MOUNT_DATA_MAX 4096

struct mount_request {
	const char *type;
	const char *source;
	const char *cwd;
	/* Where in the jail of a machine; unused otherwise. */
	const char *target;
	const char *options[MOUNT_OPTIONS_MAX];
	size_t option_count;
};

/* Enters a mount namespace of its own, a slave of the host's. False with errno. */
bool rootfs_isolate(void);

/* Sorts options into flags and the file system's own (MOUNT_DATA_MAX bytes); false when those are too long. */
bool rootfs_split_options(const struct mount_request *request, unsigned long *bits, char *data);

/* Mounts on `<run_dir>/rootfs`; an error message (to be freed) or NULL. */
char *rootfs_mount(int run_fd, const char *run_dir, const struct mount_request *requests, size_t count);

/* Undoes rootfs_mount. Idempotent. */
void rootfs_unmount(void);

#endif
