#include "stand_ins.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "frame.h"
#include "log_file.h"
#include "prepare.h"
#include "rootfs.h"
#include "runtime.h"
#include "task.h"

#define PROCESSES_MAX 64
/* No process has such a number. */
#define FIRST_PID 0x70000000

struct run {
	/* Cleared when the supervisor has been told of the outcome. */
	struct process *starting;
	pid_t pid;
	int stdio[3];
	bool terminal;
	/* The supervisor's end of the terminal until it is handed over. */
	int console;
};

const char *stand_in_log;

static struct run runs[PROCESSES_MAX];
static unsigned run_count;
static bool deleting;
static bool has_state;
static uint64_t now_ms = 1000;

/* The names that the linker's --wrap gives. */
uint64_t __wrap_clock_ms(void);
int __wrap_kill(pid_t pid, int number);

uint64_t __wrap_clock_ms(void)
{
	return now_ms;
}

void stand_in_pass_time(uint64_t ms)
{
	now_ms += ms;
}

int __wrap_kill(pid_t pid, int number)
{
	(void)number;
	if (pid >= FIRST_PID)
		return 0;
	errno = ESRCH;
	return -1;
}

/* The first byte of the payload says what the task is like. */
void prepare_handle(struct client *client, uint16_t channel, const uint8_t *payload, size_t length)
{
	uint8_t flags = length ? payload[0] : 0;
	if (task.prepared || task.prepare_error)
		return client_reply_error(client, channel, "conflict", "prepared already");
	if (flags & 8) {
		task.prepare_error = strdup("cannot be prepared");
		return client_reply_error(client, channel, "runtime_failed", task.prepare_error);
	}
	task.prepared = true;
	task.init.terminal = flags & 1;
	task.init.stdin_open = flags & 2;
	task.init.stdin_once = flags & 4;
	if (stand_in_log)
		log_open(&(struct log_options){.path = stand_in_log, .max_size = 65536, .max_files = 2, .attrs = ""});
	client_reply(client, channel, FRAME_OK, NULL, 0);
}

bool rootfs_isolate(void)
{
	return true;
}

void rootfs_unmount(void)
{
}

static int open_terminal(int stdio[3])
{
	int console = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (console < 0 || grantpt(console) < 0 || unlockpt(console) < 0)
		abort();
	for (int i = 0; i < 3; i++) {
		close(stdio[i]);
		stdio[i] = i == 0 ? open(ptsname(console), O_RDWR | O_NOCTTY | O_CLOEXEC) : -1;
	}
	return console;
}

bool runtime_run(struct process *process, int stdio[3], const char *exec_json)
{
	(void)exec_json;
	if (run_count == PROCESSES_MAX) {
		for (int i = 0; i < 3; i++)
			close(stdio[i]);
		errno = EAGAIN;
		return false;
	}
	struct run *run = &runs[run_count];
	*run = (struct run){.starting = process, .pid = FIRST_PID + (pid_t)run_count,
			    .terminal = process->terminal, .console = -1};
	run_count++;
	if (process->terminal)
		run->console = open_terminal(stdio);
	memcpy(run->stdio, stdio, sizeof run->stdio);
	for (int i = 0; i < 3; i++)
		if (stdio[i] >= 0)
			fcntl(stdio[i], F_SETFL, fcntl(stdio[i], F_GETFL) | O_NONBLOCK);
	process->status = PROCESS_STARTING;
	return true;
}

bool runtime_delete(void)
{
	deleting = true;
	return true;
}

bool runtime_has_state(void)
{
	return has_state;
}

void runtime_reap(void)
{
}

void runtime_orphan(pid_t pid, int wait_status)
{
	(void)pid;
	(void)wait_status;
}

static void close_run(struct run *run)
{
	for (int i = 0; i < 3; i++)
		if (run->stdio[i] >= 0)
			close(run->stdio[i]);
	if (run->console >= 0)
		close(run->console);
	memset(run->stdio, -1, sizeof run->stdio);
	run->console = -1;
}

void stand_in_runtime_ends(bool succeeds)
{
	struct run *run = runs;
	while (run < runs + run_count && !run->starting)
		run++;
	if (run == runs + run_count)
		return;
	struct process *process = run->starting;
	bool first = process_is_init(process);
	run->starting = NULL;
	if (!succeeds) {
		close_run(run);
		has_state = !has_state;
		return first ? task_start_failed("runtime_failed", strdup("no"))
			     : exec_failed(process, "runtime_failed", strdup("no"));
	}
	if (run->console >= 0)
		process_take_console(process, run->console);
	process_started(process, run->pid);
	run->console = -1;
	if (first)
		task_started();
	else
		exec_started(process);
	process_open_streams(process);
}

void stand_in_delete_ends(void)
{
	if (!deleting)
		return;
	deleting = false;
	task_deleted();
}

static struct run *running(unsigned which)
{
	struct run *run = run_count ? &runs[which % run_count] : NULL;
	return run && !run->starting && run->pid ? run : NULL;
}

void stand_in_write(unsigned which, bool to_stderr, size_t length)
{
	static uint8_t bytes[FRAME_PAYLOAD_MAX];
	struct run *run = running(which);
	if (!run)
		return;
	memset(bytes, 'a' + (int)(which % 26), sizeof bytes);
	if (length)
		bytes[length / 2 % sizeof bytes] = '\n';
	int fd = run->stdio[run->terminal ? 0 : to_stderr ? 2 : 1];
	if (fd >= 0 && write(fd, bytes, length < sizeof bytes ? length : sizeof bytes) < 0 && errno == EBADF)
		abort();
}

void stand_in_read(unsigned which, size_t length)
{
	static uint8_t bytes[FRAME_PAYLOAD_MAX];
	struct run *run = running(which);
	if (run && run->stdio[0] >= 0 && read(run->stdio[0], bytes, length < sizeof bytes ? length : sizeof bytes) < 0 &&
	    errno == EBADF)
		abort();
}

void stand_in_close(unsigned which, unsigned stream)
{
	struct run *run = running(which);
	if (!run || run->stdio[stream % 3] < 0)
		return;
	close(run->stdio[stream % 3]);
	run->stdio[stream % 3] = -1;
}

void stand_in_exit(unsigned which, int code)
{
	struct run *run = running(which);
	if (!run)
		return;
	pid_t pid = run->pid;
	run->pid = 0;
	/* Now and then something else still holds its streams. */
	if (code % 4)
		close_run(run);
	task_reaped(pid, (code & 0x7f) << 8);
}

void stand_in_reset(void)
{
	for (unsigned i = 0; i < run_count; i++)
		close_run(&runs[i]);
	run_count = 0;
	deleting = false;
}
