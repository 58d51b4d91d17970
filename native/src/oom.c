#include "oom.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "client.h"
#include "loop.h"

static void oom_ready(struct source *source, uint32_t events);

static struct source source = {.fd = -1, .ready = oom_ready};
/* `memory.oom_control` (v1) or `memory.events` (v2): both have a line `oom_kill N`. */
static int counter_fd = -1;
static long announced;
static bool version1;

/* The line of /proc/<pid>/cgroup for the memory controller; false for a zombie, which v1 shows in the root. */
static bool find_path(pid_t pid, char *path, size_t size)
{
	char name[64], line[4200];
	snprintf(name, sizeof name, "/proc/%d/cgroup", (int)pid);
	FILE *file = fopen(name, "re");
	if (!file)
		return false;
	bool found = false;
	while (!found && fgets(line, sizeof line, file)) {
		char *controllers = strchr(line, ':');
		char *group = controllers ? strchr(controllers + 1, ':') : NULL;
		if (!group)
			continue;
		*group++ = 0;
		group[strcspn(group, "\n")] = 0;
		controllers++;
		if (version1 ? strcmp(controllers, "memory") != 0 : *controllers != 0)
			continue;
		found = strcmp(group, "/") != 0 && strlen(group) < size;
		if (found)
			strcpy(path, group);
	}
	fclose(file);
	return found;
}

static bool open_group(const char *path)
{
	char name[4400];
	snprintf(name, sizeof name, "/sys/fs/cgroup%s%s/%s", version1 ? "/memory" : "", path,
		 version1 ? "memory.oom_control" : "memory.events");
	counter_fd = open(name, O_RDONLY | O_CLOEXEC);
	return counter_fd >= 0;
}

static void watch1(const char *path)
{
	char name[4400], text[32];
	snprintf(name, sizeof name, "/sys/fs/cgroup/memory%s/cgroup.event_control", path);
	int control = open(name, O_WRONLY | O_CLOEXEC);
	if (control < 0)
		return;
	source.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	int length = snprintf(text, sizeof text, "%d %d", source.fd, counter_fd);
	if (source.fd >= 0 && write(control, text, (size_t)length) == length)
		loop_want(&source, EPOLLIN);
	else
		loop_close(&source);
	close(control);
}

static void watch2(const char *path)
{
	char name[4400];
	snprintf(name, sizeof name, "/sys/fs/cgroup%s/memory.events", path);
	source.fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (source.fd >= 0 && inotify_add_watch(source.fd, name, IN_MODIFY) >= 0)
		loop_want(&source, EPOLLIN);
	else
		loop_close(&source);
}

void oom_watch(const char *cgroup, pid_t pid)
{
	char path[4200];
	version1 = access("/sys/fs/cgroup/cgroup.controllers", F_OK) != 0;
	if (cgroup && *cgroup == '/' && strlen(cgroup) < sizeof path && open_group(cgroup))
		strcpy(path, cgroup);
	else if (!find_path(pid, path, sizeof path) || !open_group(path))
		return;
	if (version1)
		watch1(path);
	else
		watch2(path);
}

static long kills(void)
{
	char text[1024];
	ssize_t length = counter_fd >= 0 ? pread(counter_fd, text, sizeof text - 1, 0) : -1;
	if (length <= 0)
		return 0;
	text[length] = 0;
	for (char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, "oom_kill ", 9) == 0)
			return strtol(line + 9, NULL, 10);
	}
	return 0;
}

static void oom_ready(struct source *ready, uint32_t events)
{
	(void)events;
	char drained[4096];
	while (read(ready->fd, drained, sizeof drained) > 0)
		continue;
	long count = kills();
	/* v1 wakes us when memory has run out, which is before the counter moves; one kill follows. */
	if (version1 && count <= announced)
		count = announced + 1;
	for (; announced < count; announced++)
		clients_oom();
}

bool oom_happened(void)
{
	bool happened = kills() > 0;
	loop_close(&source);
	if (counter_fd >= 0)
		close(counter_fd);
	counter_fd = -1;
	return happened;
}
