#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool text_write(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ssize_t count = write(fd, value, strlen(value));
	int error = errno;
	close(fd);
	errno = error;
	return count >= 0;
}

bool text_read(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	size_t length = 0;
	ssize_t count;
	while (length < size - 1 && (count = read(fd, text + length, size - 1 - length)) > 0)
		length += (size_t)count;
	text[length] = 0;
	close(fd);
	return true;
}

void text_complain(const char *format, ...)
{
	char text[512] = "<3>hull-guest: ";
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text + strlen(text), sizeof text - strlen(text), format, arguments);
	va_end(arguments);
	text_write("/dev/kmsg", text);
}

char *text_message(const char *format, ...)
{
	char *message;
	va_list arguments;
	va_start(arguments, format);
	int length = vasprintf(&message, format, arguments);
	va_end(arguments);
	if (length < 0)
		abort();
	return message;
}
