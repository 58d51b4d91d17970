#include "live_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mounts.h"
#include "text.h"

#define FILE_MAX (1u << 20)

enum taken live_file_take(struct live_file *file, const struct field *field)
{
	bool line = strcmp(field->key, "file-drop") == 0 || strcmp(field->key, "file-add") == 0;
	if (!line && strcmp(field->key, "file-target") != 0)
		return FIELD_UNKNOWN;
	if (!line)
		file->target = field->value;
	else if (strchr(field->value, '\n'))
		return FIELD_INVALID;
	else
		list_add(strcmp(field->key, "file-drop") == 0 ? &file->drop : &file->add, field->value);
	return FIELD_TAKEN;
}

void live_file_free(struct live_file *file)
{
	free(file->drop.items);
	free(file->add.items);
}

/* They are numbered in the order of their mounts. */
static bool find(const struct spec *spec, const char *target, char *path, size_t size)
{
	unsigned number = 0;
	for (size_t i = 0; i < spec->mount_count; i++) {
		if (strcmp(spec->mounts[i].type, "file") != 0)
			continue;
		if (strcmp(spec->mounts[i].target, target) == 0) {
			snprintf(path, size, FILES_FOLDER "/%u", number);
			return true;
		}
		number++;
	}
	return false;
}

static size_t room_for(const struct live_file *file, size_t length)
{
	for (size_t i = 0; i < file->add.count; i++)
		length += strlen(file->add.items[i]) + 1;
	return length + 2;
}

/* The text of the file, with room for what is added; NULL with errno. */
static char *read_whole(int fd, const struct live_file *file, size_t *length)
{
	struct stat status;
	if (fstat(fd, &status) < 0)
		return NULL;
	if (status.st_size > FILE_MAX) {
		errno = EFBIG;
		return NULL;
	}
	char *text = malloc(room_for(file, (size_t)status.st_size));
	if (!text)
		abort();
	*length = 0;
	ssize_t count;
	while (*length < (size_t)status.st_size && (count = pread(fd, text + *length, (size_t)status.st_size - *length, (off_t)*length)) > 0)
		*length += (size_t)count;
	return text;
}

static size_t drop_line(char *text, size_t length, const char *line)
{
	size_t wanted = strlen(line);
	for (size_t start = 0; start < length;) {
		const char *end = memchr(text + start, '\n', length - start);
		size_t size = end ? (size_t)(end - text) - start : length - start;
		size_t whole = end ? size + 1 : size;
		if (size == wanted && memcmp(text + start, line, size) == 0) {
			memmove(text + start, text + start + whole, length - start - whole);
			return length - whole;
		}
		start += whole;
	}
	return length;
}

static size_t add_line(char *text, size_t length, const char *line)
{
	if (length && text[length - 1] != '\n')
		text[length++] = '\n';
	size_t size = strlen(line);
	memcpy(text + length, line, size);
	text[length + size] = '\n';
	return length + size + 1;
}

static bool write_whole(int fd, const char *text, size_t length)
{
	for (size_t done = 0; done < length;) {
		ssize_t count = pwrite(fd, text + done, length - done, (off_t)done);
		if (count < 0 && errno != EINTR)
			return false;
		done += count > 0 ? (size_t)count : 0;
	}
	return ftruncate(fd, (off_t)length) == 0;
}

char *live_file_change(const struct spec *spec, const struct live_file *file, const char **code)
{
	char path[64];
	size_t length;
	if (!file->target)
		return NULL;
	*code = "not_found";
	if (!find(spec, file->target, path, sizeof path))
		return text_message("%s is no file of the engine's", file->target);
	*code = "runtime_failed";
	/* In place: it is mounted where the container sees it. */
	int fd = open(path, O_RDWR | O_CLOEXEC);
	char *text = fd < 0 ? NULL : read_whole(fd, file, &length);
	bool done = text != NULL;
	for (size_t i = 0; done && i < file->drop.count; i++)
		length = drop_line(text, length, file->drop.items[i]);
	for (size_t i = 0; done && i < file->add.count; i++)
		length = add_line(text, length, file->add.items[i]);
	done = done && write_whole(fd, text, length);
	char *message = done ? NULL : text_message("cannot change %s: %s", file->target, strerror(errno));
	free(text);
	if (fd >= 0)
		close(fd);
	return message;
}
