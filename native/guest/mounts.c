#include "mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "root.h"
#include "text.h"
#include "within.h"

#define DATA_MAX 4096

static const struct {
	const char *name;
	unsigned long set;
	unsigned long clear;
	unsigned long propagation;
} options[] = {
	{"ro", MS_RDONLY, 0, 0},
	{"rw", 0, MS_RDONLY, 0},
	{"nosuid", MS_NOSUID, 0, 0},
	{"suid", 0, MS_NOSUID, 0},
	{"nodev", MS_NODEV, 0, 0},
	{"dev", 0, MS_NODEV, 0},
	{"noexec", MS_NOEXEC, 0, 0},
	{"exec", 0, MS_NOEXEC, 0},
	{"sync", MS_SYNCHRONOUS, 0, 0},
	{"async", 0, MS_SYNCHRONOUS, 0},
	{"noatime", MS_NOATIME, 0, 0},
	{"nodiratime", MS_NODIRATIME, 0, 0},
	{"relatime", MS_RELATIME, 0, 0},
	{"strictatime", MS_STRICTATIME, 0, 0},
	{"defaults", 0, 0, 0},
	{"bind", MS_BIND, 0, 0},
	{"rbind", MS_BIND | MS_REC, 0, 0},
	{"private", 0, 0, MS_PRIVATE},
	{"rprivate", 0, 0, MS_PRIVATE | MS_REC},
	{"slave", 0, 0, MS_SLAVE},
	{"rslave", 0, 0, MS_SLAVE | MS_REC},
	{"shared", 0, 0, MS_SHARED},
	{"rshared", 0, 0, MS_SHARED | MS_REC},
};

struct parsed {
	unsigned long flags;
	unsigned long propagation;
	char data[DATA_MAX];
};

/* What is no flag is the file system's own option; false when those are too long. */
static bool parse(const struct guest_mount *mount, struct parsed *parsed)
{
	memset(parsed, 0, sizeof *parsed);
	for (size_t i = 0; i < mount->options.count; i++) {
		const char *option = mount->options.items[i];
		size_t k = 0;
		while (k < sizeof options / sizeof *options && strcmp(options[k].name, option) != 0)
			k++;
		if (k < sizeof options / sizeof *options) {
			parsed->flags = (parsed->flags | options[k].set) & ~options[k].clear;
			if (options[k].propagation)
				parsed->propagation = options[k].propagation;
			continue;
		}
		size_t used = strlen(parsed->data);
		if (used + strlen(option) + 2 > sizeof parsed->data)
			return false;
		sprintf(parsed->data + used, "%s%s", used ? "," : "", option);
	}
	return true;
}

static char *failed(const struct guest_mount *mount, const char *doing)
{
	return text_message("cannot %s %s%s%s on %s: %s", doing, mount->type, mount->source ? " " : "",
			    mount->source ? mount->source : "", mount->target, strerror(errno));
}

static bool is_bind(const struct guest_mount *mount)
{
	return strcmp(mount->type, "bind") == 0 || strcmp(mount->type, "shared") == 0 ||
	       strcmp(mount->type, "file") == 0;
}

/* A file of its own in the guest's memory, with the content that came with the request. */
static int make_file(const struct guest_mount *mount)
{
	static unsigned made;
	char path[64];
	sprintf(path, FILES_FOLDER "/%u", made++);
	mkdir(FILES_FOLDER, 0700);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return -1;
	fchmod(fd, 0644);
	size_t done = 0;
	while (done < mount->content_length) {
		ssize_t written = write(fd, mount->content + done, mount->content_length - done);
		if (written < 0) {
			close(fd);
			return -1;
		}
		done += (size_t)written;
	}
	close(fd);
	return open(path, O_PATH | O_CLOEXEC);
}

static int open_source(const struct guest_mount *mount)
{
	if (strcmp(mount->type, "file") == 0)
		return make_file(mount);
	if (!mount->source) {
		errno = EINVAL;
		return -1;
	}
	bool shared = strcmp(mount->type, "shared") == 0;
	int above = open(shared ? SHARED_FOLDER : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd = above < 0 ? -1 : within_open(above, mount->source, O_PATH);
	int error = errno;
	if (above >= 0)
		close(above);
	errno = error;
	return fd;
}

/* A bind mount takes its flags only by being mounted anew, keeping those that its source has. */
static char *restrict_bind(const struct guest_mount *request, const char *target, unsigned long flags)
{
	unsigned long wanted = flags & (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME | MS_NODIRATIME);
	if (!wanted || mount(NULL, target, NULL, MS_REMOUNT | MS_BIND | wanted, NULL) == 0)
		return NULL;
	return failed(request, "restrict");
}

static char *make_bind(int root, const struct guest_mount *request, const struct parsed *parsed)
{
	char source[64], target[64];
	struct stat status;
	int from = open_source(request);
	if (from < 0 || fstat(from, &status) < 0)
		return failed(request, "find");
	int to = within_make(root, request->target, S_ISDIR(status.st_mode));
	if (to < 0) {
		close(from);
		return failed(request, "make the target of");
	}
	strcpy(source, within_path(from));
	strcpy(target, within_path(to));
	char *message = NULL;
	if (mount(source, target, NULL, MS_BIND | (parsed->flags & MS_REC), NULL) < 0)
		message = failed(request, "mount");
	close(from);
	close(to);
	if (message)
		return message;
	/* The mount lies on top of what the descriptor named: it is opened anew. */
	to = within_open(root, request->target, O_PATH);
	if (to < 0)
		return failed(request, "open");
	message = restrict_bind(request, within_path(to), parsed->flags);
	close(to);
	return message;
}

static char *make_new(int root, const struct guest_mount *request, const struct parsed *parsed)
{
	int to = within_make(root, request->target, true);
	if (to < 0)
		return failed(request, "make the target of");
	const char *source = request->source ? request->source : request->type;
	unsigned long flags = parsed->flags & ~(unsigned long)(MS_BIND | MS_REC);
	int result = mount(source, within_path(to), request->type, flags, parsed->data);
	int error = errno;
	close(to);
	errno = error;
	return result < 0 ? failed(request, "mount") : NULL;
}

static char *make_mount(int root, const struct guest_mount *request)
{
	struct parsed *parsed = malloc(sizeof *parsed);
	if (!parsed)
		abort();
	char *message;
	if (!parse(request, parsed))
		message = text_message("too many options for the mount on %s", request->target);
	else if (is_bind(request))
		message = make_bind(root, request, parsed);
	else
		message = make_new(root, request, parsed);
	unsigned long propagation = parsed->propagation;
	free(parsed);
	if (message || !propagation)
		return message;
	int to = within_open(root, request->target, O_PATH);
	if (to < 0 || mount(NULL, within_path(to), NULL, propagation, NULL) < 0)
		message = failed(request, "set the propagation of");
	if (to >= 0)
		close(to);
	return message;
}

/* What an init that has a machine to itself expects to find, or would mount. */
static const char *const machine_options[] = {"nosuid", "mode=755", "ptmxmode=0666", "newinstance"};
static const struct guest_mount machine_mounts[] = {
	{.target = "/proc", .type = "proc", .options = {(const char **)(uintptr_t)machine_options, 1}},
	{.target = "/sys", .type = "sysfs", .options = {(const char **)(uintptr_t)machine_options, 1}},
	{.target = "/dev", .type = "devtmpfs", .options = {(const char **)(uintptr_t)machine_options, 2}},
	{.target = "/dev/pts", .type = "devpts", .options = {(const char **)(uintptr_t)(machine_options + 2), 2}},
	{.target = "/dev/shm", .type = "tmpfs", .options = {(const char **)(uintptr_t)machine_options, 1}},
	{.target = "/sys/fs/cgroup", .type = "cgroup2", .options = {(const char **)(uintptr_t)machine_options, 1}},
	{.target = "/run", .type = "tmpfs", .options = {(const char **)(uintptr_t)machine_options, 2}},
};

static bool is_machines_own(const struct guest_mount *mount)
{
	if (strcmp(mount->type, "mqueue") == 0)
		return true;
	for (size_t i = 0; i < sizeof machine_mounts / sizeof *machine_mounts; i++)
		if (!is_bind(mount) && strcmp(mount->target, machine_mounts[i].target) == 0)
			return true;
	return false;
}

char *mounts_make(int root, const struct spec *spec)
{
	char *message = NULL;
	for (size_t i = 0; spec->machine && i < sizeof machine_mounts / sizeof *machine_mounts && !message; i++)
		message = make_mount(root, &machine_mounts[i]);
	for (size_t i = 0; i < spec->mount_count && !message; i++)
		if (!spec->machine || !is_machines_own(&spec->mounts[i]))
			message = make_mount(root, &spec->mounts[i]);
	return message;
}

/* What every container has (OCI runtime spec, "Default Devices"). */
static const struct device default_devices[] = {
	{"/dev/null", S_IFCHR | 0666, makedev(1, 3), 0, 0},    {"/dev/zero", S_IFCHR | 0666, makedev(1, 5), 0, 0},
	{"/dev/full", S_IFCHR | 0666, makedev(1, 7), 0, 0},    {"/dev/random", S_IFCHR | 0666, makedev(1, 8), 0, 0},
	{"/dev/urandom", S_IFCHR | 0666, makedev(1, 9), 0, 0}, {"/dev/tty", S_IFCHR | 0666, makedev(5, 0), 0, 0},
};

static const char *const links[][2] = {
	{"/proc/self/fd", "fd"},     {"/proc/self/fd/0", "stdin"}, {"/proc/self/fd/1", "stdout"},
	{"/proc/self/fd/2", "stderr"}, {"pts/ptmx", "ptmx"},
};

static char *make_device(int root, const struct device *device)
{
	const char *name;
	int folder = within_parent(root, device->path, &name);
	bool made = folder >= 0 && (mknodat(folder, name, device->mode, device->number) == 0 || errno == EEXIST) &&
		    fchmodat(folder, name, device->mode & 07777, 0) == 0 &&
		    fchownat(folder, name, device->uid, device->gid, AT_SYMLINK_NOFOLLOW) == 0;
	char *message = made ? NULL : text_message("cannot make the device %s: %s", device->path, strerror(errno));
	if (folder >= 0)
		close(folder);
	return message;
}

char *mounts_devices(int root, const struct spec *spec)
{
	char *message = NULL;
	for (size_t i = 0; i < sizeof default_devices / sizeof *default_devices && !message; i++)
		message = make_device(root, &default_devices[i]);
	for (size_t i = 0; i < spec->device_count && !message; i++)
		message = make_device(root, &spec->devices[i]);
	int dev = within_make(root, "/dev", true);
	for (size_t i = 0; i < sizeof links / sizeof *links; i++)
		if (symlinkat(links[i][0], dev, links[i][1]) < 0 && errno != EEXIST && !message)
			message = text_message("cannot make the link /dev/%s: %s", links[i][1], strerror(errno));
	if (dev >= 0)
		close(dev);
	return message;
}

static char *mask(const char *path)
{
	struct stat status;
	if (lstat(path, &status) < 0)
		return NULL;
	int result = S_ISDIR(status.st_mode) ? mount("tmpfs", path, "tmpfs", MS_RDONLY, "size=0k")
					     : mount("/dev/null", path, NULL, MS_BIND, NULL);
	return result < 0 ? text_message("cannot mask %s: %s", path, strerror(errno)) : NULL;
}

static char *make_readonly(const char *path)
{
	if (mount(path, path, NULL, MS_BIND | MS_REC, NULL) < 0)
		return errno == ENOENT ? NULL : text_message("cannot bind %s: %s", path, strerror(errno));
	unsigned long flags = MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC;
	return mount(NULL, path, NULL, flags, NULL) < 0 ? text_message("cannot make %s read-only: %s", path, strerror(errno))
							: NULL;
}

char *mounts_protect(const struct spec *spec)
{
	char *message = NULL;
	for (size_t i = 0; i < spec->readonly_paths.count && !message; i++)
		message = make_readonly(spec->readonly_paths.items[i]);
	for (size_t i = 0; i < spec->masked_paths.count && !message; i++)
		message = mask(spec->masked_paths.items[i]);
	if (!message && spec->read_only && mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) < 0)
		message = text_message("cannot make the root read-only: %s", strerror(errno));
	return message;
}
