/*
 * A virtual machine: QEMU, its jail, its console, the link to its guest, and how it ends.
 *
 * Once QEMU runs, the machine goes one of these ways: the container ends and the guest powers off (or is ended); the
 * guest breaks the protocol, does not answer, or QEMU ends by itself, of which `task.error` says why. QEMU's end is
 * the last thing that happens in each of them.
 */
#ifndef HULL_MACHINE_H
#define HULL_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include "backend.h"
#include "qemu.h"
#include "rootfs.h"

#define BOOT_TIMEOUT_MS 60000

struct machine_options {
	struct qemu_options qemu;
	uint64_t boot_timeout_ms;
	/* The upper disk dies with the container. */
	bool is_volatile;
	/* The machine was restored with its container running, which started then. */
	bool restored;
	const char *started_at;
	/* It is nobody's yet: a second PREPARE says whose. */
	bool spare;
};

/* What the task asks in place of a runtime. */
extern const struct backend machine_backend;

/* The descriptors of so many tap devices were inherited, from this one on. */
void machine_inherit(int first_tap, unsigned count);

/* Builds the jail and starts QEMU; an error message (to be freed) or NULL. */
char *machine_prepare(const struct machine_options *options, const struct mount_request *mounts, size_t mount_count);

/* A spare machine becomes the task's: what is mounted is added to its jail. An error message (to be freed) or NULL. */
char *machine_claim(bool volatile_disk, const struct mount_request *mounts, size_t mount_count);

/* QEMU's process; 0 while there is none. */
pid_t machine_pid(void);
/* When the restored container started; NULL for a machine that was not restored. */
const char *machine_restored(void);

/* The guest answered. */
void machine_greeted(void);
/* Ends the machine at once; the text says why. */
void machine_broken(const char *why);
/* The container was sent SIGKILL: whatever its guest thinks of that, it ends. */
void machine_killed(void);

#endif
