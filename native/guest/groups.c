#include "groups.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "text.h"

#define FOLDER "/sys/fs/cgroup" GROUP_PATH
#define READING_MAX 16384
#define DEPTH_MAX 16
/* Two seconds. */
#define FREEZE_TRIES 2000
#define FREEZE_PAUSE_NS 1000000

bool groups_make(void)
{
	/* One by one: a controller that the kernel has not must not take the others along. */
	static const char *const controllers[] = {"+cpu", "+memory", "+pids", "+io", "+cpuset"};
	for (size_t i = 0; i < sizeof controllers / sizeof *controllers; i++)
		text_write("/sys/fs/cgroup/cgroup.subtree_control", controllers[i]);
	return mkdir(FOLDER, 0755) == 0 || errno == EEXIST;
}

int groups_open(bool below)
{
	if (below)
		mkdir(FOLDER "/hull", 0755);
	return open(below ? FOLDER "/hull" : FOLDER, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static char *set(const char *file, const char *value)
{
	char path[128];
	snprintf(path, sizeof path, FOLDER "/%s", file);
	return text_write(path, value) ? NULL : text_message("cannot set %s to %s: %s", file, value, strerror(errno));
}

static char *set_number(const struct limits *limits, enum limit_key key, const char *file)
{
	char value[32] = "max";
	if (!(limits->set & 1u << key))
		return NULL;
	if (limits->values[key] != UINT64_MAX)
		snprintf(value, sizeof value, "%llu", (unsigned long long)limits->values[key]);
	return set(file, value);
}

/* Quota and period are one file; a value that is not given stays. */
static char *set_cpu(const struct limits *limits)
{
	char value[64], now[64] = "max 100000", quota[32], period[32];
	if (!(limits->set & (1u << LIMIT_CPU_QUOTA | 1u << LIMIT_CPU_PERIOD)))
		return NULL;
	text_read(FOLDER "/cpu.max", now, sizeof now);
	if (sscanf(now, "%31s %31s", quota, period) != 2)
		return text_message("cpu.max does not parse");
	if (limits->set & 1u << LIMIT_CPU_PERIOD)
		snprintf(period, sizeof period, "%llu", (unsigned long long)limits->values[LIMIT_CPU_PERIOD]);
	if (limits->set & 1u << LIMIT_CPU_QUOTA && limits->values[LIMIT_CPU_QUOTA] == UINT64_MAX)
		strcpy(quota, "max");
	else if (limits->set & 1u << LIMIT_CPU_QUOTA)
		snprintf(quota, sizeof quota, "%llu", (unsigned long long)limits->values[LIMIT_CPU_QUOTA]);
	snprintf(value, sizeof value, "%s %s", quota, period);
	return set("cpu.max", value);
}

char *groups_limit(const struct limits *limits)
{
	static const struct {
		enum limit_key key;
		const char *file;
	} files[] = {
		{LIMIT_MEMORY, "memory.max"}, {LIMIT_RESERVATION, "memory.low"}, {LIMIT_PIDS, "pids.max"}, {LIMIT_CPU_WEIGHT, "cpu.weight"},
	};
	char *message = set_cpu(limits);
	for (size_t i = 0; i < sizeof files / sizeof *files && !message; i++)
		message = set_number(limits, files[i].key, files[i].file);
	/* A kernel without swap has no such file, and nothing to limit. */
	if (!message && (limits->set & 1u << LIMIT_SWAP)) {
		message = set_number(limits, LIMIT_SWAP, "memory.swap.max");
		if (message && errno == ENOENT) {
			free(message);
			message = NULL;
		}
	}
	return message;
}

static bool is_frozen(void)
{
	char text[256];
	return text_read(FOLDER "/cgroup.events", text, sizeof text) && strstr(text, "frozen 1");
}

char *groups_freeze(void)
{
	struct timespec pause = {.tv_nsec = FREEZE_PAUSE_NS};
	char *message = set("cgroup.freeze", "1");
	for (int i = 0; i < FREEZE_TRIES && !message; i++) {
		if (is_frozen())
			return NULL;
		nanosleep(&pause, NULL);
	}
	groups_thaw();
	return message ? message : text_message("the container's processes do not stop");
}

void groups_thaw(void)
{
	text_write(FOLDER "/cgroup.freeze", "0");
}

void groups_remove(void)
{
	rmdir(FOLDER);
}

void groups_kill(void)
{
	text_write(FOLDER "/cgroup.kill", "1");
}

static void add_text(struct fields *fields, const char *key, const char *file)
{
	char path[128], value[64];
	snprintf(path, sizeof path, FOLDER "/%s", file);
	if (!text_read(path, value, sizeof value))
		return;
	value[strcspn(value, "\n")] = 0;
	fields_text(fields, key, value);
}

/* Each line of a file as a field of this key; with `key` NULL `name value` lines become `prefix-name` fields. */
static void add_lines(struct fields *fields, const char *file, const char *key, const char *prefix)
{
	char path[128];
	char *text = malloc(READING_MAX);
	if (!text)
		abort();
	snprintf(path, sizeof path, FOLDER "/%s", file);
	char *rest = text_read(path, text, READING_MAX) ? text : NULL;
	for (char *line; rest && (line = strsep(&rest, "\n"));) {
		char *space = strchr(line, ' ');
		if (!space)
			continue;
		if (key) {
			fields_text(fields, key, line);
			continue;
		}
		char name[128];
		*space = 0;
		snprintf(name, sizeof name, "%s-%.96s", prefix, line);
		for (char *at = name; *at; at++)
			if (*at == '_')
				*at = '-';
		fields_text(fields, name, space + 1);
	}
	free(text);
}

static void add_memory_failures(struct fields *fields)
{
	char text[512];
	if (!text_read(FOLDER "/memory.events", text, sizeof text))
		return;
	const char *line = strstr(text, "\nmax ");
	if (line)
		fields_number(fields, "memory-fail", strtoull(line + 5, NULL, 10));
}

void groups_read(struct fields *fields)
{
	add_lines(fields, "cpu.stat", NULL, "cpu");
	add_text(fields, "memory-current", "memory.current");
	add_text(fields, "memory-peak", "memory.peak");
	add_text(fields, "memory-max", "memory.max");
	add_memory_failures(fields);
	add_lines(fields, "memory.stat", "memory-stat", NULL);
	add_text(fields, "pids-current", "pids.current");
	add_text(fields, "pids-max", "pids.max");
	add_lines(fields, "io.stat", "io", NULL);
}

static size_t read_processes(const char *path, pid_t *pids, size_t max)
{
	FILE *file = fopen(path, "re");
	size_t count = 0;
	int pid;
	while (file && count < max && fscanf(file, "%d", &pid) == 1)
		if (pid > 0)
			pids[count++] = pid;
	if (file)
		fclose(file);
	return count;
}

static size_t read_tree(const char *folder, pid_t *pids, size_t max, int depth)
{
	char path[PATH_MAX];
	snprintf(path, sizeof path, "%s/cgroup.procs", folder);
	size_t count = read_processes(path, pids, max);
	DIR *opened = depth < DEPTH_MAX ? opendir(folder) : NULL;
	for (const struct dirent *entry; opened && (entry = readdir(opened));) {
		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		if ((size_t)snprintf(path, sizeof path, "%s/%s", folder, entry->d_name) < sizeof path)
			count += read_tree(path, pids + count, max - count, depth + 1);
	}
	if (opened)
		closedir(opened);
	return count;
}

size_t groups_processes(pid_t *pids, size_t max)
{
	return read_tree(FOLDER, pids, max, 0);
}
