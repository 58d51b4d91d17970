#include "root.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/blkpg.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "devices.h"
#include "text.h"

#define LAYERS_FOLDER "/hull/layers"
#define SHARED_OPTIONS "trans=virtio,version=9p2000.L,msize=131072,cache=mmap,access=user"

static bool frozen;

static char *cannot(const char *what, const char *on)
{
	return text_message("cannot %s %s: %s", what, on, strerror(errno));
}

static char *open_disk(enum bus bus, const char *label, char *name, size_t size)
{
	if (!devices_bind(bus))
		return cannot("find the disk", label);
	if (!devices_name(bus, "block", name, size)) {
		errno = ENODEV;
		return cannot("find the disk", label);
	}
	return NULL;
}

/* The layers follow each other on the disk: to the kernel they are its partitions. */
static char *partition(const char *disk, const struct layer *layers, size_t count)
{
	char path[64];
	snprintf(path, sizeof path, "/dev/%.32s", disk);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return cannot("open", path);
	char *message = NULL;
	for (size_t i = 0; i < count && !message; i++) {
		struct blkpg_partition part = {
			.start = (long long)layers[i].offset,
			.length = (long long)layers[i].length,
			.pno = (int)i + 1,
		};
		struct blkpg_ioctl_arg argument = {.op = BLKPG_ADD_PARTITION, .datalen = sizeof part, .data = &part};
		if (ioctl(fd, BLKPG, &argument) < 0)
			message = text_message("cannot find layer %zu on the disk: %s", i, strerror(errno));
	}
	close(fd);
	return message;
}

static char *mount_layers(const struct spec *spec)
{
	char disk[32], device[80], folder[64];
	char *message = open_disk(BUS_LAYERS, "layers", disk, sizeof disk);
	if (!message)
		message = partition(disk, spec->layers, spec->layer_count);
	mkdir(LAYERS_FOLDER, 0700);
	for (size_t i = 0; i < spec->layer_count && !message; i++) {
		snprintf(device, sizeof device, "/dev/%s%zu", disk, i + 1);
		snprintf(folder, sizeof folder, LAYERS_FOLDER "/%zu", i);
		mkdir(folder, 0700);
		if (mount(device, folder, "erofs", MS_RDONLY, NULL) < 0)
			message = text_message("cannot mount layer %zu: %s", i, strerror(errno));
	}
	return message;
}

static char *mount_upper(bool disk)
{
	char name[32], device[64];
	mkdir(UPPER_MOUNT, 0700);
	if (!disk)
		return mount("upper", UPPER_MOUNT, "tmpfs", 0, "mode=700") < 0 ? cannot("mount", "the upper tmpfs") : NULL;
	char *message = open_disk(BUS_UPPER, "upper", name, sizeof name);
	if (message)
		return message;
	snprintf(device, sizeof device, "/dev/%s", name);
	return mount(device, UPPER_MOUNT, "ext4", 0, NULL) < 0 ? cannot("mount", "the upper disk") : NULL;
}

/* A new upper folder is what the container sees of its root's own mode and owner: the topmost layer's. */
static char *make_upper_folders(void)
{
	struct stat top;
	mkdir(UPPER_MOUNT "/work", 0700);
	if (mkdir(UPPER_FOLDER, 0755) == 0 && stat(LAYERS_FOLDER "/0", &top) == 0) {
		if (chown(UPPER_FOLDER, top.st_uid, top.st_gid) < 0 || chmod(UPPER_FOLDER, top.st_mode & 07777) < 0)
			return cannot("set the owner of", UPPER_FOLDER);
	}
	return NULL;
}

/* Names relative to the folder of the layers: all of them have to fit into one page. */
static char *mount_overlay(size_t layers)
{
	char options[4096];
	int length = snprintf(options, sizeof options, "upperdir=../upper/upper,workdir=../upper/work,redirect_dir=off,metacopy=off,"
						       "index=off,lowerdir=0");
	for (size_t i = 1; i < layers; i++)
		length += snprintf(options + length, sizeof options - (size_t)length, ":%zu", i);
	mkdir(ROOT_FOLDER, 0755);
	if (chdir(LAYERS_FOLDER) < 0)
		return cannot("enter", LAYERS_FOLDER);
	char *message = mount("overlay", "../root", "overlay", 0, options) < 0 ? cannot("mount", "the root") : NULL;
	return chdir("/") < 0 && !message ? cannot("enter", "/") : message;
}

char *root_mount_shared(void)
{
	return mount("shared", SHARED_FOLDER, "9p", 0, SHARED_OPTIONS) < 0 ? cannot("mount", "the shared folder") : NULL;
}

static char *mount_shared(const struct spec *spec)
{
	bool wanted = false;
	for (size_t i = 0; i < spec->mount_count; i++)
		wanted = wanted || strcmp(spec->mounts[i].type, "shared") == 0;
	if (!wanted)
		return NULL;
	mkdir(SHARED_FOLDER, 0700);
	return devices_bind(BUS_SHARED) ? root_mount_shared() : cannot("find", "the shared folder");
}

char *root_mount(const struct spec *spec)
{
	char *message = mount_layers(spec);
	if (!message)
		message = mount_upper(spec->upper_disk);
	if (!message)
		message = make_upper_folders();
	if (!message)
		message = mount_overlay(spec->layer_count);
	return message ? message : mount_shared(spec);
}

char *root_freeze(bool freeze)
{
	if (frozen == freeze)
		return NULL;
	int fd = open(UPPER_MOUNT, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return cannot("open", UPPER_MOUNT);
	if (freeze)
		syncfs(fd);
	char *message = NULL;
	/* A tmpfs cannot be frozen: it is in the memory that is kept. */
	if (ioctl(fd, freeze ? FIFREEZE : FITHAW, 0) < 0 && errno != EOPNOTSUPP)
		message = cannot(freeze ? "freeze" : "thaw", "the upper file system");
	else
		frozen = freeze;
	close(fd);
	return message;
}

void root_unmount(void)
{
	umount2(ROOT_FOLDER, 0);
	if (umount2(UPPER_MOUNT, 0) < 0)
		sync();
}
