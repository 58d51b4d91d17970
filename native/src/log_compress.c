#include "log_compress.h"

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define NAME_MAX_BEHIND 24

static struct {
	const char *path;
	char *gzip;
	unsigned max_files;
	/* 0: nothing is being compressed. */
	pid_t child;
	/* Which file that is; rotation renames it meanwhile. Held open, so that its number stays its own. */
	ino_t inode;
	int file;
	/* gzip does not work here: it is left alone until the log is opened again. */
	bool failed;
} current;

static char *named(char *out, size_t size, unsigned number, const char *end)
{
	if (number)
		snprintf(out, size, "%s.%u%s", current.path, number, end);
	else
		snprintf(out, size, "%s%s", current.path, end);
	return out;
}

/*
 * When a file was made, in nanoseconds; 0 when its file system does not say. Not every C library has statx, whose
 * structure is the kernel's interface: the time of birth stands at byte 80, and the mask says that it is there.
 * https://man7.org/linux/man-pages/man2/statx.2.html
 */
static uint64_t birth_of(int fd)
{
	const unsigned empty_path = 0x1000, birth = 0x800;
	uint8_t status[256] = {0};
	uint32_t mask, nanoseconds;
	int64_t seconds;
	if (syscall(SYS_statx, fd, "", empty_path, birth, status) < 0)
		return 0;
	memcpy(&mask, status, sizeof mask);
	memcpy(&seconds, status + 80, sizeof seconds);
	memcpy(&nanoseconds, status + 88, sizeof nanoseconds);
	return mask & birth ? (uint64_t)seconds * 1000000000u + nanoseconds : 0;
}

/*
 * An empty member whose extra field says which file the next one was made from: who follows the log knows it again
 * under its new inode number. https://www.rfc-editor.org/rfc/rfc1952#section-2.3.1.1
 */
static bool write_origin(int fd, uint64_t inode, uint64_t birth)
{
	uint8_t member[42] = {0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff, 20, 0, 'H', 'L', 16, 0};
	for (int i = 0; i < 8; i++) {
		member[16 + i] = (uint8_t)(inode >> (8 * i));
		member[24 + i] = (uint8_t)(birth >> (8 * i));
	}
	member[32] = 3;
	return write(fd, member, sizeof member) == sizeof member;
}

static void run_gzip(int from, int to)
{
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (dup2(from, STDIN_FILENO) < 0 || dup2(to, STDOUT_FILENO) < 0 || dup2(null, STDERR_FILENO) < 0)
		_exit(127);
	execl(current.gzip, "gzip", "-c", (char *)NULL);
	_exit(127);
}

static void start(int from)
{
	struct stat status;
	size_t size = strlen(current.path) + NAME_MAX_BEHIND;
	char temporary[size];
	int to = open(named(temporary, size, 0, ".gz.new"), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
	if (to < 0 || fstat(from, &status) < 0 || !write_origin(to, status.st_ino, birth_of(from))) {
		current.failed = true;
	} else {
		pid_t child = fork();
		if (child == 0)
			run_gzip(from, to);
		current.failed = child < 0;
		current.child = child > 0 ? child : 0;
		current.inode = status.st_ino;
		current.file = child > 0 ? from : -1;
	}
	if (to >= 0)
		close(to);
}

void log_compress_open(const char *path, const char *gzip, unsigned max_files)
{
	current.path = path;
	current.gzip = strdup(gzip);
	if (!current.gzip)
		abort();
	current.max_files = max_files;
	current.failed = false;
	log_compress_next();
}

void log_compress_next(void)
{
	if (!current.gzip || current.child || current.failed)
		return;
	size_t size = strlen(current.path) + NAME_MAX_BEHIND;
	char name[size];
	for (unsigned i = current.max_files - 1; i > 0; i--) {
		int fd = open(named(name, size, i, ""), O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		start(fd);
		if (!current.child)
			close(fd);
		return;
	}
}

/* Under the number that the file has by now, when it has not been rotated away. Readers find one or the other. */
static void put_in_place(const char *temporary)
{
	size_t size = strlen(current.path) + NAME_MAX_BEHIND;
	char plain[size], compressed[size];
	struct stat status;
	for (unsigned i = 1; i < current.max_files; i++) {
		if (stat(named(plain, size, i, ""), &status) < 0 || status.st_ino != current.inode)
			continue;
		if (rename(temporary, named(compressed, size, i, ".gz")) == 0)
			unlink(plain);
		return;
	}
}

bool log_compress_reaped(pid_t pid, int wait_status)
{
	if (current.child == 0 || pid != current.child)
		return false;
	size_t size = strlen(current.path) + NAME_MAX_BEHIND;
	char temporary[size];
	named(temporary, size, 0, ".gz.new");
	current.child = 0;
	if (WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0)
		put_in_place(temporary);
	else
		current.failed = true;
	close(current.file);
	unlink(temporary);
	log_compress_next();
	return true;
}

void log_compress_close(void)
{
	if (current.child) {
		kill(current.child, SIGKILL);
		waitpid(current.child, NULL, 0);
		close(current.file);
		size_t size = strlen(current.path) + NAME_MAX_BEHIND;
		char temporary[size];
		unlink(named(temporary, size, 0, ".gz.new"));
	}
	free(current.gzip);
	current.gzip = NULL;
	current.child = 0;
}
