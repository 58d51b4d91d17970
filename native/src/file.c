#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static bool write_all(int fd, const char *bytes, size_t length)
{
	while (length) {
		ssize_t count = write(fd, bytes, length);
		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
			return false;
		bytes += count;
		length -= (size_t)count;
	}
	return true;
}

bool file_write(int directory_fd, const char *name, const void *bytes, size_t length)
{
	int fd = openat(directory_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return false;
	bool done = write_all(fd, bytes, length);
	int error = errno;
	close(fd);
	errno = error;
	return done;
}

size_t file_read(int directory_fd, const char *name, void *bytes, size_t size)
{
	int fd = openat(directory_fd, name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	size_t length = 0;
	while (length < size) {
		ssize_t count = read(fd, (char *)bytes + length, size - length);
		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
			break;
		length += (size_t)count;
	}
	close(fd);
	return length;
}

void file_reserve(int directory_fd, const char *name, size_t length)
{
	char temporary[128];
	snprintf(temporary, sizeof temporary, "%s.tmp", name);
	int fd = openat(directory_fd, temporary, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	if (fallocate(fd, 0, 0, (off_t)length) < 0) {
		/* Not every file system can; then a full disk is found out later. */
	}
	close(fd);
}

void file_forget(int directory_fd, const char *name)
{
	char temporary[128];
	snprintf(temporary, sizeof temporary, "%s.tmp", name);
	unlinkat(directory_fd, temporary, 0);
}

bool file_replace(int directory_fd, const char *name, const void *bytes, size_t length)
{
	char temporary[128];
	snprintf(temporary, sizeof temporary, "%s.tmp", name);
	int fd = openat(directory_fd, temporary, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return false;
	bool done = write_all(fd, bytes, length) && ftruncate(fd, (off_t)length) == 0 && fsync(fd) == 0;
	close(fd);
	if (!done) {
		unlinkat(directory_fd, temporary, 0);
		return false;
	}
	return renameat(directory_fd, temporary, directory_fd, name) == 0 && fsync(directory_fd) == 0;
}

int file_listen(int directory_fd, const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	if (strlen(name) >= sizeof address.sun_path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(address.sun_path, name);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	/* A relative name, since an address holds 107 bytes and the folder's path may be longer. */
	mode_t mask = umask(0177);
	unlinkat(directory_fd, name, 0);
	bool bound = fchdir(directory_fd) == 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
		     listen(fd, 64) == 0;
	int error = errno;
	umask(mask);
	if (chdir("/") < 0)
		bound = false;
	if (bound)
		return fd;
	close(fd);
	errno = error;
	return -1;
}
