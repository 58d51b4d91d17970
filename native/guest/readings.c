#include "readings.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "client.h"
#include "groups.h"
#include "task.h"
#include "text.h"

#define PROCESSES_MAX 1024

static uint8_t bytes[FRAME_PAYLOAD_MAX];

/* "eth0: rx-bytes packets errs drop fifo frame compressed multicast tx-bytes packets errs drop …" */
static void add_interfaces(struct fields *fields)
{
	FILE *file = fopen("/proc/net/dev", "re");
	char line[512];
	while (file && fgets(line, sizeof line, file)) {
		char *colon = strchr(line, ':');
		unsigned long long rx[4], tx[4];
		if (!colon)
			continue;
		*colon = 0;
		const char *name = line + strspn(line, " ");
		if (strcmp(name, "lo") == 0 ||
		    sscanf(colon + 1, "%llu %llu %llu %llu %*u %*u %*u %*u %llu %llu %llu %llu", &rx[0], &rx[1], &rx[2], &rx[3], &tx[0],
			   &tx[1], &tx[2], &tx[3]) != 8)
			continue;
		fields_text(fields, "interface", name);
		static const char *const keys[2][4] = {{"rx-bytes", "rx-packets", "rx-errors", "rx-dropped"},
						       {"tx-bytes", "tx-packets", "tx-errors", "tx-dropped"}};
		for (int i = 0; i < 4; i++) {
			fields_number(fields, keys[0][i], rx[i]);
			fields_number(fields, keys[1][i], tx[i]);
		}
	}
	if (file)
		fclose(file);
}

static void add_memory(struct fields *fields)
{
	char text[512];
	if (!text_read("/proc/meminfo", text, sizeof text))
		return;
	const char *total = strstr(text, "MemTotal:");
	const char *available = strstr(text, "MemAvailable:");
	if (total)
		fields_number(fields, "mem-total", strtoull(total + 9, NULL, 10) * 1024);
	if (available)
		fields_number(fields, "mem-available", strtoull(available + 13, NULL, 10) * 1024);
}

void readings_stats(struct client *client, uint16_t channel)
{
	struct fields fields = {bytes, 0, sizeof bytes};
	groups_read(&fields);
	add_interfaces(&fields);
	add_memory(&fields);
	client_reply(client, channel, FRAME_STATUS, bytes, fields.length);
}

/* /proc/<pid>/stat behind the name, which may hold anything. */
struct stat_line {
	char state;
	int ppid;
	int tty;
	unsigned long long user, system, start;
	long pages;
};

static bool read_stat(pid_t pid, struct stat_line *stat)
{
	char path[64], text[1024];
	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	if (!text_read(path, text, sizeof text))
		return false;
	const char *rest = strrchr(text, ')');
	return rest && sscanf(rest + 1, " %c %d %*d %*d %d %*d %*u %*u %*u %*u %*u %llu %llu %*d %*d %*d %*d %*d %*d %llu %*u %ld",
			      &stat->state, &stat->ppid, &stat->tty, &stat->user, &stat->system, &stat->start, &stat->pages) == 7;
}

static unsigned read_uid(pid_t pid)
{
	char path[64], text[2048];
	unsigned uid = 0;
	snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
	const char *line = text_read(path, text, sizeof text) ? strstr(text, "\nUid:") : NULL;
	if (line)
		sscanf(line + 5, "%*u %u", &uid);
	return uid;
}

/* The arguments with spaces between, or the name in brackets where there are none. */
static void read_command(pid_t pid, char *out, size_t size)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/%d/cmdline", (int)pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd >= 0 ? read(fd, out, size - 1) : 0;
	if (fd >= 0)
		close(fd);
	if (length > 0) {
		while (length && out[length - 1] == 0)
			length--;
		for (ssize_t i = 0; i < length; i++)
			if (out[i] == 0)
				out[i] = ' ';
		out[length] = 0;
		return;
	}
	char name[64] = "";
	snprintf(path, sizeof path, "/proc/%d/comm", (int)pid);
	text_read(path, name, sizeof name);
	name[strcspn(name, "\n")] = 0;
	snprintf(out, size, "[%s]", name);
}

static void add_tty(struct fields *fields, int device)
{
	unsigned number = (unsigned)device;
	unsigned major = number >> 8 & 0xfff, minor = (number & 0xff) | (number >> 12 & 0xfff00);
	char name[32] = "?";
	if (major >= 136 && major <= 143)
		snprintf(name, sizeof name, "pts/%u", (major - 136) * 256 + minor);
	else if (number)
		snprintf(name, sizeof name, "%u:%u", major, minor);
	fields_text(fields, "tty", name);
}

static unsigned long long boot_seconds(void)
{
	struct timespec now, up;
	clock_gettime(CLOCK_REALTIME, &now);
	clock_gettime(CLOCK_BOOTTIME, &up);
	return (unsigned long long)(now.tv_sec - up.tv_sec);
}

void readings_processes(struct client *client, uint16_t channel)
{
	static pid_t pids[PROCESSES_MAX];
	struct fields fields = {bytes, 0, sizeof bytes};
	size_t count = groups_processes(pids, PROCESSES_MAX);
	unsigned long long ticks = (unsigned long long)sysconf(_SC_CLK_TCK), boot = boot_seconds();
	for (size_t i = 0; i < count; i++) {
		struct stat_line stat;
		char command[4096], state[2] = {0};
		/* It may have ended by now. */
		if (!read_stat(pids[i], &stat))
			continue;
		read_command(pids[i], command, sizeof command);
		/* A process is told whole or not at all. */
		if (fields.capacity - fields.length < strlen(command) + 512)
			break;
		state[0] = stat.state;
		fields_number(&fields, "pid", (uint64_t)pids[i]);
		fields_number(&fields, "ppid", (uint64_t)stat.ppid);
		fields_number(&fields, "uid", read_uid(pids[i]));
		add_tty(&fields, stat.tty);
		fields_number(&fields, "start", boot + stat.start / ticks);
		fields_number(&fields, "cpu-ms", (stat.user + stat.system) * 1000 / ticks);
		fields_number(&fields, "rss-bytes", (uint64_t)stat.pages * (uint64_t)sysconf(_SC_PAGESIZE));
		fields_text(&fields, "state", state);
		fields_text(&fields, "command", command);
	}
	client_reply(client, channel, FRAME_STATUS, bytes, fields.length);
}
