#include "jail.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* Names only: what is mounted in it is not stored in it. */
#define JAIL_OPTIONS "mode=0755,size=1m,nr_inodes=8192"

static char root[4352];
static bool built;
/* Mounts made later are seen by QEMU. */
static bool open_to_more;

static char *failure(const char *what, const char *source, const char *target)
{
	int error = errno;
	char *text = malloc(1024);
	if (!text)
		abort();
	snprintf(text, 1024, "%s %.400s on %.400s in the machine's jail: %s", what, source, target, strerror(error));
	return text;
}

/*
 * Opens a name in a folder of the jail, made where it is missing; never follows a link, which could come from a
 * folder that a container wrote to.
 */
static int step(int folder, const char *name, bool directory)
{
	if (directory)
		mkdirat(folder, name, 0755);
	else
		mknodat(folder, name, S_IFREG | 0644, 0);
	return openat(folder, name, O_PATH | O_NOFOLLOW | O_CLOEXEC | (directory ? O_DIRECTORY : 0));
}

/* The mount point, its missing folders made. -1 with errno. */
static int open_target(const char *target, bool directory)
{
	int folder = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	char path[4096];
	if (*target != '/' || strlen(target) >= sizeof path) {
		errno = EINVAL;
		close(folder);
		return -1;
	}
	strcpy(path, target + 1);
	char *rest = path;
	for (char *name = strsep(&rest, "/"); name && folder >= 0; name = strsep(&rest, "/")) {
		if (*name == 0 || strcmp(name, "..") == 0) {
			close(folder);
			errno = EINVAL;
			return -1;
		}
		int next = step(folder, name, directory || rest);
		int error = errno;
		close(folder);
		folder = next;
		errno = error;
	}
	return folder;
}

/* The kernel's `struct mount_attr`. */
struct attributes {
	uint64_t set;
	uint64_t clear;
	uint64_t propagation;
	uint64_t userns_fd;
};

#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif

/* MOUNT_ATTR_RDONLY and its neighbours are numbered in this order. */
static struct attributes attributes_of(unsigned long bits)
{
	static const unsigned long mount_flags[] = {MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC};
	struct attributes attributes = {0};
	for (size_t i = 0; i < sizeof mount_flags / sizeof *mount_flags; i++)
		if (bits & mount_flags[i])
			attributes.set |= 1u << i;
	return attributes;
}

/* A bind mount takes its flags only in a second step; those of a recursive one hold for all that is below. */
static bool restrict_bind(const char *path, unsigned long bits)
{
	struct attributes attributes = attributes_of(bits);
	if (attributes.set == 0)
		return true;
	unsigned flags = bits & MS_REC ? AT_RECURSIVE : 0;
	if (syscall(SYS_mount_setattr, AT_FDCWD, path, flags, &attributes, sizeof attributes) == 0)
		return true;
	bits &= MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC;
	return errno == ENOSYS && mount(NULL, path, NULL, MS_REMOUNT | MS_BIND | bits, NULL) == 0;
}

#ifndef SYS_open_tree
#define SYS_open_tree 428
#define SYS_move_mount 429
#endif
#ifndef OPEN_TREE_CLONE
#define OPEN_TREE_CLONE 1
#endif
#ifndef MOVE_MOUNT_F_EMPTY_PATH
#define MOVE_MOUNT_F_EMPTY_PATH 4
#endif
#ifndef MOVE_MOUNT_T_EMPTY_PATH
#define MOVE_MOUNT_T_EMPTY_PATH 64
#endif

/* Restricted before anybody sees it: QEMU's copy of the mount would not get what is set afterwards. */
static char *add_one(const struct mount_request *request)
{
	char data[MOUNT_DATA_MAX];
	unsigned long bits = 0;
	struct stat status;
	if (strcmp(request->type, "bind") != 0 || !rootfs_split_options(request, &bits, data)) {
		errno = EINVAL;
		return failure("add", request->source, request->target);
	}
	unsigned recursive = bits & MS_REC ? AT_RECURSIVE : 0;
	int tree = (int)syscall(SYS_open_tree, AT_FDCWD, request->source, OPEN_TREE_CLONE | O_CLOEXEC | recursive);
	int target = tree >= 0 && fstat(tree, &status) == 0 ? open_target(request->target, S_ISDIR(status.st_mode)) : -1;
	struct attributes attributes = attributes_of(bits);
	bool done = target >= 0 &&
		    syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH | recursive, &attributes, sizeof attributes) == 0 &&
		    syscall(SYS_move_mount, tree, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) == 0;
	char *error = done ? NULL : failure("add", request->source, request->target);
	if (tree >= 0)
		close(tree);
	if (target >= 0)
		close(target);
	return error;
}

static char *mount_one(const struct mount_request *request)
{
	char data[MOUNT_DATA_MAX], path[64];
	unsigned long bits = 0;
	struct stat status;
	bool bind = strcmp(request->type, "bind") == 0;
	if (!rootfs_split_options(request, &bits, data)) {
		errno = E2BIG;
		return failure("mount", request->source, request->target);
	}
	if (bind && stat(request->source, &status) < 0)
		return failure("mount", request->source, request->target);
	int target = open_target(request->target, !bind || S_ISDIR(status.st_mode));
	if (target < 0)
		return failure("mount", request->source, request->target);
	snprintf(path, sizeof path, "/proc/self/fd/%d", target);
	char *error = NULL;
	unsigned long first = bind ? MS_BIND | (bits & MS_REC) : bits;
	if (mount(request->source, path, bind ? NULL : request->type, first, bind ? NULL : data) < 0)
		error = failure("mount", request->source, request->target);
	close(target);
	if (error || !bind)
		return error;
	/* The descriptor stands for what the mount covers: the name is looked up again for what is on top. */
	target = open_target(request->target, S_ISDIR(status.st_mode));
	snprintf(path, sizeof path, "/proc/self/fd/%d", target);
	if (target < 0 || !restrict_bind(path, bits))
		error = failure("restrict", request->source, request->target);
	if (target >= 0)
		close(target);
	return error;
}

static const struct {
	const char *name;
	unsigned minor;
} devices[] = {{"null", 3}, {"zero", 5}, {"full", 7}, {"random", 8}, {"urandom", 9}};

static bool make_devices(uid_t uid)
{
	int folder = open_target("/dev", true);
	bool made = folder >= 0;
	/* The mode is exactly this, whatever the umask. */
	mode_t mask = umask(0);
	for (size_t i = 0; made && i < sizeof devices / sizeof *devices; i++)
		made = mknodat(folder, devices[i].name, S_IFCHR | 0666, makedev(1, devices[i].minor)) == 0;
	struct stat kvm;
	if (made && stat("/dev/kvm", &kvm) == 0 && S_ISCHR(kvm.st_mode))
		made = mknodat(folder, "kvm", S_IFCHR | 0600, kvm.st_rdev) == 0 && fchownat(folder, "kvm", uid, 0, 0) == 0;
	umask(mask);
	int error = errno;
	if (folder >= 0)
		close(folder);
	errno = error;
	return made;
}

char *jail_add(const char *run_dir, const struct mount_request *requests, size_t count)
{
	char *error = NULL;
	snprintf(root, sizeof root, "%s/rootfs", run_dir);
	for (size_t i = 0; i < count && !error; i++)
		error = add_one(&requests[i]);
	return error;
}

char *jail_build(int run_fd, const char *run_dir, const struct jail_mounts *mounts, uid_t uid)
{
	const struct mount_request *requests = mounts->requests;
	size_t count = mounts->count;
	bool is_open = mounts->is_open;
	snprintf(root, sizeof root, "%s/rootfs", run_dir);
	mkdirat(run_fd, "rootfs", 0700);
	if (mount("tmpfs", root, "tmpfs", MS_NOSUID | MS_NOEXEC, JAIL_OPTIONS) < 0)
		return failure("mount", "tmpfs", "/");
	built = true;
	open_to_more = is_open;
	bool shared = !is_open || mount(NULL, root, NULL, MS_SHARED, NULL) == 0;
	char *error = shared && make_devices(uid) ? NULL : failure("make devices", "", "/dev");
	int proc = error ? -1 : open_target("/proc", true);
	if (!error && proc < 0)
		error = failure("make the target of", "proc", "/proc");
	if (proc >= 0)
		close(proc);
	for (size_t i = 0; i < count && !error; i++)
		error = mount_one(&requests[i]);
	if (error)
		jail_remove();
	return error;
}

int jail_enter(void)
{
	/* What is added outside comes in, nothing goes out. */
	if (open_to_more && mount(NULL, root, NULL, MS_SLAVE | MS_REC, NULL) < 0)
		return -1;
	if (chdir(root) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 || umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		return -1;
	/* QEMU sets the modes of shared files by /proc/self/fd. Of its own process namespace, which is it alone. */
	if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, "subset=pid") < 0)
		return -1;
	return mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NOEXEC, NULL);
}

void jail_remove(void)
{
	if (built)
		umount2(root, MNT_DETACH);
	built = false;
}
