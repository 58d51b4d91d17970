#include "guest_task.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "channel.h"
#include "child.h"
#include "client.h"
#include "files.h"
#include "give_back.h"
#include "groups.h"
#include "launch.h"
#include "link.h"
#include "log_file.h"
#include "lookups.h"
#include "oom.h"
#include "root.h"
#include "shares.h"
#include "task.h"
#include "text.h"

#define EXEC_RESULTS_MAX 128

struct task task = {.id = "", .run_fd = -1, .state_fd = -1};

static struct spec spec;

const struct spec *guest_task_spec(void)
{
	return &spec;
}

char *guest_task_share(const struct live_share *share, const char **code)
{
	return live_share_change(&spec, share, code);
}

pid_t task_leader(void)
{
	return task.init.status == PROCESS_RUNNING ? task.init.pid : 0;
}

char *guest_task_prepare(const uint8_t *list, size_t length, const char **code)
{
	*code = "invalid_argument";
	char *message = spec_read(&spec, list, length);
	if (message) {
		spec_free(&spec);
		return message;
	}
	if (spec.machine && spec.program.arguments.count == 0)
		list_add(&spec.program.arguments, "/sbin/init");
	*code = "runtime_failed";
	task.init.terminal = spec.terminal;
	task.init.stdin_open = spec.stdin_open;
	task.init.reopens = spec.machine && spec.terminal;
	task.init.stdin_once = spec.stdin_once;
	task.init.columns = task.init.columns ? task.init.columns : (uint16_t)spec.columns;
	task.init.rows = task.init.rows ? task.init.rows : (uint16_t)spec.rows;
	message = root_mount(&spec);
	if (!message && !groups_make())
		message = text_message("cannot make the control group");
	return message ? message : groups_limit(&spec.limits);
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
}

void launch_succeeded(struct process *process)
{
	uint8_t bytes[256];
	struct fields fields = {bytes, 0, sizeof bytes};
	task_started_fields(process, &fields);
	bool init = process_is_init(process);
	for (struct channel *channel = process->channels; channel; channel = channel->next_of_process) {
		if (channel->kind == CHANNEL_START)
			channel_push_final(channel, FRAME_STARTED, bytes, fields.length);
		else if (channel->kind == CHANNEL_EXEC)
			channel_push(channel, FRAME_STARTED, 0, bytes, fields.length);
	}
	clients_settle();
	if (init) {
		task.status = TASK_RUNNING;
		oom_watch(GROUP_PATH, process->pid);
		give_back_free_memory();
	}
	process_open_streams(process);
	guest_task_settle();
}

void launch_failed(struct process *process, char *message)
{
	for (struct channel *channel = process->channels; channel; channel = channel->next_of_process) {
		if (channel->kind == CHANNEL_ATTACH)
			channel_push_final(channel, FRAME_CLOSED, NULL, 0);
		else
			channel_push_error(channel, "runtime_failed", message);
	}
	free(message);
	process_close(process);
	process->status = PROCESS_ENDED;
	process->told = true;
	if (process_is_init(process))
		task.status = TASK_ENDED;
}

static void announce(struct process *process)
{
	uint8_t bytes[512];
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

/* The kernel's way to tell that the init of a process namespace has called reboot(2): off or again. */
static int machine_exit_code(int exit_code)
{
	if (exit_code == 128 + SIGINT)
		return 0;
	return exit_code == 128 + SIGHUP ? EXIT_RESTART : exit_code;
}

/* Without a process namespace of its own the container's other processes are still there. */
void task_ended(void)
{
	task.oom_killed = oom_happened();
	task.status = TASK_ENDED;
	if (spec.machine)
		task.init.exit_code = machine_exit_code(task.init.exit_code);
	groups_kill();
	files_close();
	lookups_close();
	announce(&task.init);
}

void exec_ended(struct process *process)
{
	announce(process);
}

void task_reaped(pid_t pid, int wait_status)
{
	if (launch_reaped(pid, wait_status))
		return;
	if (task.init.pid == pid && task.init.status == PROCESS_RUNNING)
		return process_reaped(&task.init, wait_status);
	for (struct process *process = task.execs; process; process = process->next)
		if (process->pid == pid && process->status == PROCESS_RUNNING)
			return process_reaped(process, wait_status);
}

unsigned task_running_execs(void)
{
	unsigned count = 0;
	for (struct process *process = task.execs; process; process = process->next)
		count += process->status != PROCESS_ENDED;
	return count;
}

static void free_exec(struct process *process)
{
	struct exec *exec = container_of(process, struct exec, process);
	process_close(process);
	program_free(&exec->program);
	free(exec->bytes);
	free(exec);
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
		free_exec(process);
	}
}

static bool is_attached(const struct process *process)
{
	for (struct channel *channel = process->channels; channel; channel = channel->next_of_process)
		if (channel->wants[STREAM_STDOUT])
			return true;
	return false;
}

void guest_task_settle(void)
{
	if (task.init.status != PROCESS_RUNNING && task.init.status != PROCESS_DRAINING)
		return;
	bool hold = link_is_frozen() || !is_attached(&task.init);
	if (hold != task.init.held)
		process_hold(&task.init, hold);
}

char *guest_task_freeze(const char **code)
{
	char *message = shares_leave(&spec, code);
	if (message)
		return message;
	*code = "runtime_failed";
	message = root_freeze(true);
	if (message) {
		free(shares_return(&spec));
		return message;
	}
	for (struct process *process = task.execs; process; process = process->next)
		process_hold(process, true);
	process_hold(&task.init, true);
	return NULL;
}

char *guest_task_thaw(void)
{
	if (!link_is_frozen())
		return NULL;
	link_freeze(false);
	free(root_freeze(false));
	char *message = shares_return(&spec);
	for (struct process *process = task.execs; process; process = process->next)
		process_hold(process, false);
	guest_task_settle();
	return message;
}

bool guest_task_is_over(void)
{
	return task.status == TASK_ENDED && task.init.told && task.init.pid > 0 && task_running_execs() == 0;
}

/* The log is the shim's. */
void log_write(enum stream stream, const uint8_t *bytes, size_t length)
{
	(void)stream;
	(void)bytes;
	(void)length;
}

void log_end_stream(enum stream stream)
{
	(void)stream;
}

bool log_holds(void)
{
	return false;
}
