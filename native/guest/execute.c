#include "execute.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "text.h"

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static bool is_program(const char *path)
{
	struct stat status;
	if (stat(path, &status) < 0)
		return false;
	if (S_ISREG(status.st_mode) && (status.st_mode & 0111))
		return true;
	errno = S_ISDIR(status.st_mode) ? EISDIR : EACCES;
	return false;
}

static const char *search_path(const struct program *program)
{
	const char *found = DEFAULT_PATH;
	for (size_t i = 0; i < program->environment.count; i++)
		if (strncmp(program->environment.items[i], "PATH=", 5) == 0)
			found = program->environment.items[i] + 5;
	return found;
}

static char *failed(const char *name)
{
	switch (errno) {
	case ENOENT:
	case ENOTDIR:
		return text_message("exec: \"%s\": stat %s: no such file or directory", name, name);
	case EISDIR:
		return text_message("exec: \"%s\": is a directory", name);
	case EACCES:
	case EPERM:
		return text_message("exec: \"%s\": permission denied", name);
	default:
		return text_message("exec %s: %s", name, strerror(errno));
	}
}

char *execute_find(const struct program *program, char *path)
{
	const char *name = program->arguments.items[0];
	if (strchr(name, '/')) {
		if (strlen(name) >= PATH_MAX)
			return text_message("exec: \"%.64s…\": file name too long", name);
		strcpy(path, name);
		return is_program(name) ? NULL : failed(name);
	}
	bool denied = false;
	for (const char *part = search_path(program); *name;) {
		size_t length = strcspn(part, ":");
		int size = snprintf(path, PATH_MAX, "%.*s%s%s", (int)length, part, length ? "/" : "./", name);
		if (size < PATH_MAX && is_program(path))
			return NULL;
		denied = denied || errno == EACCES;
		if (!part[length])
			break;
		part += length + 1;
	}
	if (denied)
		return text_message("exec: \"%s\": permission denied", name);
	return text_message("exec: \"%s\": executable file not found in $PATH", name);
}

char *execute(const struct program *program, const char *path)
{
	static const char *const none[] = {NULL};
	const char *const *environment = program->environment.items ? program->environment.items : none;
	execve(path, (char *const *)(uintptr_t)program->arguments.items, (char *const *)(uintptr_t)environment);
	if (errno == ENOENT)
		return text_message("exec %s: no such file or directory", path);
	return failed(path);
}
