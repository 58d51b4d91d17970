#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "probe.h"

static void file_fact(const char *name, const char *path)
{
	char text[512];
	int file = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = file < 0 ? -1 : read(file, text, sizeof text - 1);
	if (file >= 0)
		close(file);
	if (length < 0)
		return;
	text[length] = 0;
	say_fact(name, text);
}

/* The value behind the first `key` of a file of `key: value` lines. */
static void line_fact(const char *name, const char *path, const char *key)
{
	FILE *file = fopen(path, "re");
	if (!file)
		return;
	char line[1024];
	while (fgets(line, sizeof line, file)) {
		if (strncmp(line, key, strlen(key)) != 0)
			continue;
		char *colon = strchr(line, ':');
		if (!colon)
			continue;
		char *value = colon + 1;
		while (isspace((unsigned char)*value))
			value++;
		say_fact(name, value);
		break;
	}
	fclose(file);
}

static void see_kernel(void)
{
	struct utsname names;
	if (uname(&names) == 0) {
		say_fact("kernel-release", names.release);
		say_fact("kernel-version", names.version);
		say_fact("hostname", names.nodename);
	}
	file_fact("boot-id", "/proc/sys/kernel/random/boot_id");
}

static void see_machine(void)
{
	line_fact("cpu-model", "/proc/cpuinfo", "model name");
	line_fact("cpu-flags", "/proc/cpuinfo", "flags");
	say_number("cpu-count", (uint64_t)sysconf(_SC_NPROCESSORS_ONLN));
	file_fact("load", "/proc/loadavg");
	struct sysinfo info;
	if (sysinfo(&info) != 0)
		return;
	say_number("memory-total", (uint64_t)info.totalram * info.mem_unit);
	say_number("memory-free", (uint64_t)info.freeram * info.mem_unit);
	say_number("uptime-seconds", (uint64_t)info.uptime);
	say_number("processes-counted", info.procs);
}

/* Processes that /proc shows, this one left out. */
static void see_processes(void)
{
	DIR *directory = opendir("/proc");
	if (!directory)
		return;
	uint64_t count = 0;
	for (struct dirent *entry; (entry = readdir(directory));) {
		if (isdigit((unsigned char)entry->d_name[0]) && atoi(entry->d_name) != getpid())
			count++;
	}
	closedir(directory);
	say_number("processes-visible", count);
	file_fact("first-process", "/proc/1/comm");
}

static void see_names_in(const char *name, const char *path)
{
	DIR *directory = opendir(path);
	if (!directory)
		return;
	char all[512] = "";
	size_t used = 0;
	for (struct dirent *entry; (entry = readdir(directory));) {
		if (entry->d_name[0] == '.')
			continue;
		int length = snprintf(all + used, sizeof all - used, "%s%s", used ? " " : "", entry->d_name);
		if (length < 0 || used + (size_t)length >= sizeof all)
			break;
		used += (size_t)length;
	}
	closedir(directory);
	say_fact(name, all);
}

/* Where the root comes from: its line of the mount table, `type source`. */
static void see_root(void)
{
	FILE *file = fopen("/proc/self/mounts", "re");
	if (!file)
		return;
	char line[1024], source[256], target[256], type[64];
	while (fgets(line, sizeof line, file)) {
		if (sscanf(line, "%255s %255s %63s", source, target, type) != 3 || strcmp(target, "/") != 0)
			continue;
		char text[400];
		snprintf(text, sizeof text, "%s %s", type, source);
		say_fact("root", text);
	}
	fclose(file);
}

static void see_confinement(void)
{
	line_fact("capabilities", "/proc/self/status", "CapEff");
	line_fact("seccomp", "/proc/self/status", "Seccomp:");
	line_fact("no-new-privileges", "/proc/self/status", "NoNewPrivs");
	file_fact("user-map", "/proc/self/uid_map");
}

void see(void)
{
	see_kernel();
	see_machine();
	see_processes();
	see_names_in("block-devices", "/sys/block");
	see_names_in("devices", "/dev");
	see_root();
	see_confinement();
}
