#include "within.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PATH_SIZE 4096
#define DEPTH_MAX 256

int within_open(int root, const char *path, int flags)
{
	struct open_how how = {.flags = (unsigned)flags | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT};
	return (int)syscall(SYS_openat2, root, path, &how, sizeof how);
}

static int make(int root, const char *path, bool folder, int depth)
{
	int fd = within_open(root, path, O_PATH);
	if (fd >= 0 || errno != ENOENT || depth == DEPTH_MAX)
		return fd;
	char parent[PATH_SIZE];
	size_t length = strlen(path);
	while (length > 1 && path[length - 1] == '/')
		length--;
	if (length >= sizeof parent) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(parent, path, length);
	parent[length] = 0;
	char *slash = strrchr(parent, '/');
	const char *name = slash ? slash + 1 : parent;
	char base[256];
	if (strlen(name) >= sizeof base || *name == 0) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(base, name);
	if (slash)
		slash[slash == parent] = 0;
	int above = make(root, slash ? parent : ".", true, depth + 1);
	if (above < 0)
		return -1;
	int made = folder ? mkdirat(above, base, 0755) : mknodat(above, base, S_IFREG | 0644, 0);
	int error = errno;
	close(above);
	errno = error;
	/* EEXIST: a link to nowhere, which is not followed out of here by making what it names. */
	return made < 0 ? -1 : within_open(root, path, O_PATH);
}

int within_make(int root, const char *path, bool folder)
{
	return make(root, path, folder, 0);
}

int within_parent(int root, const char *path, const char **name)
{
	char parent[PATH_SIZE];
	const char *slash = strrchr(path, '/');
	size_t length = slash ? (size_t)(slash - path) : 0;
	if (length >= sizeof parent) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(parent, path, length);
	parent[length] = 0;
	*name = slash ? slash + 1 : path;
	return within_make(root, length ? parent : "/", true);
}

const char *within_path(int fd)
{
	static char path[64];
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	return path;
}
