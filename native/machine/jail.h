/* What QEMU sees of the file system: a small tmpfs with a few devices and the mounts that it was given. */
#ifndef HULL_JAIL_H
#define HULL_JAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "rootfs.h"

struct jail_mounts {
	const struct mount_request *requests;
	size_t count;
	/* More can be added while QEMU runs. */
	bool is_open;
};

/*
 * Builds it on `<run_dir>/rootfs`, in the supervisor's mount namespace; an error message (to be freed) or NULL.
 * `/dev/kvm`, where the host has it, belongs to this user.
 */
char *jail_build(int run_fd, const char *run_dir, const struct jail_mounts *mounts, uid_t uid);

/*
 * Adds bind mounts to an open one that QEMU runs in, and that is at `<run_dir>/rootfs` by now; an error message (to be
 * freed) or NULL.
 */
char *jail_add(const char *run_dir, const struct mount_request *requests, size_t count);

/* Makes it the root of the calling process, which is in a mount namespace of its own. -1 with errno. */
int jail_enter(void);

/* Undoes jail_build in the supervisor. Idempotent. */
void jail_remove(void);

#endif
