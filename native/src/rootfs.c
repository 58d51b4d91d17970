#include "rootfs.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#define CGROUP2_MAGIC 0x63677270

static char target[4352];
static size_t mounted;

/* crun refuses to work beside a v2 hierarchy that has no controllers; in this namespace it need not be seen. */
static void hide_hybrid_cgroups(void)
{
	struct statfs root, unified;
	if (statfs("/sys/fs/cgroup", &root) < 0 || root.f_type == CGROUP2_MAGIC)
		return;
	if (statfs("/sys/fs/cgroup/unified", &unified) == 0 && unified.f_type == CGROUP2_MAGIC)
		umount2("/sys/fs/cgroup/unified", MNT_DETACH);
}

/*
 * A container's standard streams, where nobody is at the other end, are the null device, and the runtime gives them to
 * the container's user: of the host's own he could change the mode for everybody. This one is the container's alone. It
 * is made on a file system that allows devices, which /run often does not, and stays when that is taken away.
 */
static bool own_null_device(void)
{
	static const char folder[] = "/tmp", device[] = "/tmp/null";
	if (mount("tmpfs", folder, "tmpfs", MS_NOSUID | MS_NOEXEC, "mode=0700,size=4k,nr_inodes=4") < 0)
		return false;
	bool made = mknod(device, S_IFCHR | 0666, makedev(1, 3)) == 0 && chmod(device, 0666) == 0 &&
		    mount(device, "/dev/null", NULL, MS_BIND, NULL) == 0;
	int error = errno;
	umount2(folder, MNT_DETACH);
	errno = error;
	return made;
}

bool rootfs_isolate(void)
{
	if (unshare(CLONE_NEWNS) < 0)
		return false;
	if (mount("", "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		return false;
	hide_hybrid_cgroups();
	return own_null_device();
}

static const struct {
	const char *name;
	unsigned long flag;
} flags[] = {
	{"ro", MS_RDONLY},	   {"rw", 0},
	{"bind", MS_BIND},	   {"rbind", MS_BIND | MS_REC},
	{"nosuid", MS_NOSUID},	   {"nodev", MS_NODEV},
	{"noexec", MS_NOEXEC},	   {"noatime", MS_NOATIME},
	{"relatime", MS_RELATIME}, {"nodiratime", MS_NODIRATIME},
};

bool rootfs_split_options(const struct mount_request *request, unsigned long *bits, char *data)
{
	size_t length = 0;
	for (size_t i = 0; i < request->option_count; i++) {
		const char *option = request->options[i];
		size_t flag = 0;
		while (flag < sizeof flags / sizeof *flags && strcmp(flags[flag].name, option) != 0)
			flag++;
		if (flag < sizeof flags / sizeof *flags) {
			*bits |= flags[flag].flag;
			continue;
		}
		size_t size = strlen(option);
		if (length + size + 2 > MOUNT_DATA_MAX)
			return false;
		if (length)
			data[length++] = ',';
		memcpy(data + length, option, size);
		length += size;
	}
	data[length] = 0;
	return true;
}

static char *failure(const struct mount_request *request, const char *what, int error)
{
	char *text = malloc(1024);
	if (!text)
		abort();
	snprintf(text, 1024, "%s %s %s on %s: %s", what, request->type, request->source, target, strerror(error));
	return text;
}

static char *mount_one(const struct mount_request *request)
{
	char data[MOUNT_DATA_MAX];
	unsigned long bits = 0;
	if (!rootfs_split_options(request, &bits, data))
		return failure(request, "mount", E2BIG);
	if (request->cwd && chdir(request->cwd) < 0)
		return failure(request, "enter the folder to mount", errno);
	bool bind = strcmp(request->type, "bind") == 0;
	unsigned long first = bind ? MS_BIND | (bits & MS_REC) : bits;
	int result = mount(request->source, target, bind ? NULL : request->type, first, bind ? NULL : data);
	int error = errno;
	if (chdir("/") < 0)
		abort();
	if (result < 0)
		return failure(request, "mount", error);
	mounted++;
	/* A bind mount takes its flags only in a second step. */
	bits &= ~(unsigned long)(MS_BIND | MS_REC);
	if (bind && bits && mount(NULL, target, NULL, MS_REMOUNT | MS_BIND | bits, NULL) < 0)
		return failure(request, "remount", errno);
	return NULL;
}

char *rootfs_mount(int run_fd, const char *run_dir, const struct mount_request *requests, size_t count)
{
	snprintf(target, sizeof target, "%s/rootfs", run_dir);
	mkdirat(run_fd, "rootfs", 0700);
	for (size_t i = 0; i < count; i++) {
		char *error = mount_one(&requests[i]);
		if (error) {
			rootfs_unmount();
			return error;
		}
	}
	return NULL;
}

void rootfs_unmount(void)
{
	while (mounted > 0) {
		umount2(target, MNT_DETACH);
		mounted--;
	}
}
