/* Starting QEMU: in namespaces and control groups of its own, with as few rights as it can do with. */
#ifndef HULL_QEMU_H
#define HULL_QEMU_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define QEMU_ARGUMENTS_MAX 256
#define QEMU_CGROUPS_MAX 16
#define QEMU_TAPS_MAX 4

struct qemu_options {
	/* The program first. `{link}`, `{console}`, `{qmp}`, `{tap0}`… stand for descriptors. */
	const char *arguments[QEMU_ARGUMENTS_MAX];
	size_t argument_count;
	/* A library in the jail that is loaded before its own; NULL for none. */
	const char *preload;
	uid_t uid;
	gid_t gid;
	/* Capabilities that it keeps, by bit. */
	uint64_t capabilities;
	/* Folders of control groups. */
	const char *cgroups[QEMU_CGROUPS_MAX];
	size_t cgroup_count;
};

/* Its ends of what it is given. */
struct qemu_descriptors {
	int link;
	int console;
	int qmp;
	int complaints;
	int taps[QEMU_TAPS_MAX];
	unsigned tap_count;
};

/* The bit of a capability by its name (`CAP_CHOWN`); -1 for a name that is none. */
int qemu_capability(const char *name);

/* Starts it in the jail; returns when it runs. A message (to be freed) or NULL. */
char *qemu_start(const struct qemu_options *options, const struct qemu_descriptors *descriptors, pid_t *pid);

#endif
