/*
 * Loaded into a QEMU whose memory begins as that of a template, a file that many of them map privately. Of its own it
 * opens such a file for writing, and gives memory back by punching holes into it, which the others would read as
 * zeros. Here both are only made to succeed without: that the file cannot be written is for the jail to see to.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#define MEMORY "/template/memory"

int __open64_2(const char *path, int flags);

static int memory = -1;

static int open_for_reading(void)
{
	memory = (int)syscall(SYS_openat, AT_FDCWD, MEMORY, O_RDONLY | O_CLOEXEC, 0);
	return memory;
}

int open64(const char *path, int flags, ...)
{
	mode_t mode = 0;
	if (flags & (O_CREAT | __O_TMPFILE)) {
		va_list arguments;
		va_start(arguments, flags);
		mode = va_arg(arguments, mode_t);
		va_end(arguments);
	}
	if (strcmp(path, MEMORY) == 0)
		return open_for_reading();
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

/* What a call without a mode is compiled to where the C library checks for buffer overflows. */
int __open64_2(const char *path, int flags)
{
	return open64(path, flags & ~(O_CREAT | __O_TMPFILE));
}

int fallocate64(int fd, int mode, off64_t offset, off64_t length)
{
	/* QEMU then drops its own pages, which is all that there is to be given back. */
	if (fd >= 0 && fd == memory && mode & FALLOC_FL_PUNCH_HOLE)
		return 0;
	return (int)syscall(SYS_fallocate, fd, mode, offset, length);
}
