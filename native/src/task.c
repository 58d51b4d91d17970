#include "task.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend.h"
#include "channel.h"
#include "client.h"
#include "file.h"
#include "log_file.h"
#include "oom.h"
#include "rootfs.h"
#include "runtime.h"

#define EXIT_RECORD "exit.json"
/* The error may double in length when it is written as JSON. */
#define EXIT_RECORD_MAX (512 + 2 * TASK_ERROR_MAX)
#define EXEC_RESULTS_MAX 128
/* How long killed execs may take to be reaped before the supervisor leaves without them. */
#define LEAVE_MS 2000

struct task task = {.run_fd = -1, .state_fd = -1};

static struct source listener = {.fd = -1};
static struct timer leave;
static bool leave_over;

static void listener_ready(struct source *source, uint32_t events)
{
	(void)events;
	int fd = accept4(source->fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd >= 0)
		client_accept(fd);
}

static void leave_due(struct timer *timer)
{
	(void)timer;
	leave_over = true;
}

bool task_open(const char *id, const char *run_dir, const char *state_dir)
{
	task.id = id;
	task.run_dir = run_dir;
	task.state_dir = state_dir;
	task.runtime_timeout_ms = 120000;
	process_init(&task.init, "");
	task.run_fd = open(run_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (task.run_fd < 0)
		return false;
	task.state_fd = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (task.state_fd < 0)
		return false;
	spill_directory(task.state_fd);
	leave.fire = leave_due;
	listener.ready = listener_ready;
	listener.fd = file_listen(task.run_fd, "shim.sock");
	loop_want(&listener, EPOLLIN);
	return listener.fd >= 0;
}

bool task_become(const char *id, const char *run_dir, const char *state_dir)
{
	struct stat known, named;
	int state_fd = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (state_fd < 0)
		return false;
	bool same = fstat(task.run_fd, &known) == 0 && stat(run_dir, &named) == 0;
	if (!same || known.st_dev != named.st_dev || known.st_ino != named.st_ino) {
		errno = same ? ESTALE : errno;
		close(state_fd);
		return false;
	}
	close(task.state_fd);
	task.state_fd = state_fd;
	spill_directory(state_fd);
	task.id = strdup(id);
	task.run_dir = strdup(run_dir);
	task.state_dir = strdup(state_dir);
	if (!task.id || !task.run_dir || !task.state_dir)
		abort();
	return true;
}

struct process *task_find(const char *exec)
{
	if (!exec)
		return &task.init;
	for (struct process *process = task.execs; process; process = process->next)
		if (strcmp(process->id, exec) == 0)
			return process;
	return NULL;
}

void task_started_fields(const struct process *process, struct fields *fields)
{
	fields_number(fields, "pid", (uint64_t)process->pid);
	fields_text(fields, "started-at", process->started_at);
}

void task_exit_fields(const struct process *process, struct fields *fields)
{
	fields_number(fields, "exit-code", (uint64_t)process->exit_code);
	if (!process_is_init(process))
		return;
	fields_text(fields, "oom-killed", task.oom_killed ? "1" : "0");
	fields_text(fields, "started-at", process->started_at);
	fields_text(fields, "finished-at", process->finished_at);
	if (task.error[0])
		fields_text(fields, "error", task.error);
}

void task_started(void)
{
	uint8_t bytes[256];
	struct fields fields = {bytes, 0, sizeof bytes};
	task_started_fields(&task.init, &fields);
	task.status = TASK_RUNNING;
	for (struct channel *channel = task.init.channels; channel; channel = channel->next_of_process)
		if (channel->kind == CHANNEL_START)
			channel_push_final(channel, FRAME_STARTED, bytes, fields.length);
	/* Who waits for the start need not wait for the rest. */
	clients_settle();
	/* The guest tells of its own. */
	if (!task.backend)
		oom_watch(task.cgroup, task.init.pid);
	file_reserve(task.state_fd, EXIT_RECORD, EXIT_RECORD_MAX);
}

static void begin_delete(void)
{
	task.status = TASK_ENDED;
	if (task.backend)
		return task.backend->end();
	if (!runtime_delete())
		task_deleted();
}

void task_start_failed(const char *code, char *message)
{
	for (struct channel *channel = task.init.channels; channel; channel = channel->next_of_process) {
		if (channel->kind == CHANNEL_ATTACH)
			channel_push_final(channel, FRAME_CLOSED, NULL, 0);
		else
			channel_push_error(channel, code, message);
	}
	free(message);
	process_close(&task.init);
	task.init.status = PROCESS_ENDED;
	log_close();
	if (task.backend || runtime_has_state())
		begin_delete();
	else
		task.status = TASK_LEAVING;
}

void exec_started(struct process *process)
{
	uint8_t bytes[256];
	struct fields fields = {bytes, 0, sizeof bytes};
	task_started_fields(process, &fields);
	for (struct channel *channel = process->channels; channel; channel = channel->next_of_process)
		if (channel->kind == CHANNEL_EXEC)
			channel_push(channel, FRAME_STARTED, 0, bytes, fields.length);
}

void exec_failed(struct process *process, const char *code, char *message)
{
	for (struct channel *channel = process->channels; channel; channel = channel->next_of_process)
		channel_push_error(channel, code, message);
	free(message);
	process_close(process);
	process->status = PROCESS_ENDED;
	process->told = true;
}

static void announce(struct process *process)
{
	uint8_t bytes[1024];
	struct fields fields = {bytes, 0, sizeof bytes};
	task_exit_fields(process, &fields);
	for (struct channel *channel = process->channels; channel; channel = channel->next_of_process) {
		if (channel->kind == CHANNEL_WAIT) {
			channel_push_final(channel, FRAME_EXIT, bytes, fields.length);
			process->told = true;
		} else {
			channel_push_final(channel, FRAME_CLOSED, NULL, 0);
		}
	}
}

/* The member of the record that says why. */
static void format_error(char *out)
{
	out += sprintf(out, ",\"error\":\"");
	for (const char *in = task.error; *in; in++) {
		if (*in == '"' || *in == '\\')
			*out++ = '\\';
		*out++ = *in;
	}
	strcpy(out, "\"");
}

static void record_exit(void)
{
	char text[EXIT_RECORD_MAX], error[2 * TASK_ERROR_MAX + 16] = "";
	if (task.error[0])
		format_error(error);
	int length = snprintf(text, sizeof text,
			      "{\"exitCode\":%d,\"oomKilled\":%s,\"startedAt\":\"%s\",\"finishedAt\":\"%s\"%s}\n",
			      task.init.exit_code, task.oom_killed ? "true" : "false", task.init.started_at,
			      task.init.finished_at, error);
	if (!file_replace(task.state_fd, EXIT_RECORD, text, (size_t)length))
		perror("hull-shim: exit record");
}

void task_ended(void)
{
	if (!task.backend)
		task.oom_killed = oom_happened();
	log_close();
	record_exit();
	announce(&task.init);
	clients_settle();
	begin_delete();
}

void exec_ended(struct process *process)
{
	announce(process);
}

void task_deleted(void)
{
	task.status = TASK_LEAVING;
	timer_set(&leave, LEAVE_MS);
}

void task_reaped(pid_t pid, int wait_status)
{
	if (log_reaped(pid, wait_status))
		return;
	if (task.backend)
		return task.backend->reaped(pid, wait_status);
	if (task.init.pid == pid && task.init.status == PROCESS_RUNNING)
		return process_reaped(&task.init, wait_status);
	for (struct process *process = task.execs; process; process = process->next)
		if (process->pid == pid && process->status == PROCESS_RUNNING)
			return process_reaped(process, wait_status);
	runtime_orphan(pid, wait_status);
}

unsigned task_running_execs(void)
{
	unsigned count = 0;
	for (struct process *process = task.execs; process; process = process->next)
		count += process->status != PROCESS_ENDED;
	return count;
}

/* The list begins with the newest. */
void task_sweep(void)
{
	unsigned kept = 0;
	struct process **link = &task.execs;
	while (*link) {
		struct process *process = *link;
		bool over = process->status == PROCESS_ENDED && !process->channels && !process->inputs;
		if (over && !process->told)
			over = ++kept > EXEC_RESULTS_MAX;
		if (!over) {
			link = &process->next;
			continue;
		}
		*link = process->next;
		process_close(process);
		free(process);
	}
}

/* What a later daemon could find goes before the clients are told that we leave. */
static void clean(void)
{
	static bool cleaned;
	if (cleaned)
		return;
	cleaned = true;
	loop_close(&listener);
	unlinkat(task.run_fd, "shim.sock", 0);
	file_forget(task.state_fd, EXIT_RECORD);
	log_close();
	rootfs_unmount();
}

bool task_may_leave(void)
{
	if (task.status == TASK_NEW && clients_none()) {
		if (task.backend)
			begin_delete();
		else
			task.status = TASK_LEAVING;
	}
	if (task.status != TASK_LEAVING || (task_running_execs() > 0 && !leave_over))
		return false;
	clean();
	return true;
}
