/* The container's processes as the guest runs them: their start, streams and end. */
#include "guest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "link.h"
#include "machine.h"
#include "process.h"
#include "stdin.h"
#include "task.h"

/* How long the guest may keep back the rest of the output of a process that has ended. */
#define GUEST_DRAIN_MS 10000

/* A process and its calls; freed when the last of these is over. */
struct run {
	/* NULL when nobody asks about it any more. */
	struct process *process;
	/* The call that carries the streams, while it lasts. */
	struct call *streams;
	unsigned calls;
	/* Output taken whose credit is kept back for a slow client. */
	size_t withheld;
	bool exited;
};

static struct run *run_of(const struct call *call)
{
	return call->owner;
}

static void let_go(struct run *run)
{
	if (--run->calls == 0) {
		if (run->process)
			run->process->remote_state = NULL;
		free(run);
	}
}

static void forget(struct run *run)
{
	run->process->remote_state = NULL;
	run->process = NULL;
}

static size_t write_input(struct process *process, const uint8_t *bytes, size_t length)
{
	struct run *run = process->remote_state;
	return run && run->streams && !run->streams->input_ended ? link_send(run->streams, bytes, length) : 0;
}

static void end_input(struct process *process)
{
	struct run *run = process->remote_state;
	if (run && run->streams && run->streams->input)
		link_send_eof(run->streams);
}

static void resume_output(struct process *process)
{
	struct run *run = process->remote_state;
	if (!run || !run->streams)
		return;
	size_t withheld = run->withheld;
	run->withheld = 0;
	if (withheld)
		link_give(run->streams, withheld);
}

static void forget_process(struct process *process)
{
	if (process->remote_state)
		forget(process->remote_state);
}

static const struct remote remote = {write_input, end_input, resume_output, forget_process};

static uint64_t number_of(const uint8_t *payload, size_t length, const char *key, uint64_t max, uint64_t otherwise)
{
	size_t offset = 0;
	struct field field;
	uint64_t number;
	while (field_next(payload, length, &offset, &field) > 0)
		if (strcmp(field.key, key) == 0)
			return field_number(&field, max, &number) ? number : otherwise;
	return otherwise;
}

/* What a guest may say of a process that it does not start; anything else is `runtime_failed`. */
static const char *known_code(const char *code)
{
	static const char *const codes[] = {"invalid_argument", "conflict", "not_found", "unavailable", "no_space", "timed_out"};
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
		if (strcmp(codes[i], code) == 0)
			return codes[i];
	return "runtime_failed";
}

static char *copy(const char *message)
{
	char *copied = strdup(message);
	if (!copied)
		abort();
	return copied;
}

static void started(struct run *run, pid_t pid)
{
	struct process *process = run->process;
	process_started(process, pid);
	if (!process_is_init(process)) {
		exec_started(process);
	} else {
		if (machine_restored())
			snprintf(process->started_at, sizeof process->started_at, "%s", machine_restored());
		task_started();
	}
	process_open_streams(process);
}

static void failed(struct run *run, const char *code, const char *message)
{
	struct process *process = run->process;
	forget(run);
	if (process_is_init(process))
		task_start_failed(code, copy(message));
	else
		exec_failed(process, code, copy(message));
}

/* The guest answered with this ERROR. */
static void refused(struct run *run, const uint8_t *payload, size_t length)
{
	size_t offset = 0;
	struct field field;
	const char *code = "runtime_failed", *message = "the guest gave no reason";
	while (field_next(payload, length, &offset, &field) > 0) {
		if (strcmp(field.key, "code") == 0)
			code = known_code(field.value);
		if (strcmp(field.key, "message") == 0)
			message = field.value;
	}
	failed(run, code, message);
}

/* Both its end and all of its output have come. */
static void end_if_over(struct run *run)
{
	if (!run->exited || run->streams || !run->process)
		return;
	struct process *process = run->process;
	forget(run);
	process_drained(process);
}

static void exited(struct run *run, int exit_code)
{
	run->exited = true;
	process_exited(run->process, exit_code);
	timer_set(&run->process->drain, GUEST_DRAIN_MS);
	end_if_over(run);
}

/* The streams are over, in order or not. */
static void streams_over(struct call *call)
{
	struct run *run = run_of(call);
	run->streams = NULL;
	if (!run->process || run->process->status < PROCESS_RUNNING)
		return;
	for (uint8_t stream = STREAM_STDOUT; stream <= STREAM_STDERR; stream++)
		if (call->wants[stream])
			process_end_output(run->process, stream);
	stdin_closed(run->process);
	end_if_over(run);
}

/* The machine is gone: so is the process, whatever became of its calls. */
static void lost(struct call *call)
{
	struct run *run = run_of(call);
	struct process *process = run->process;
	if (run->streams == call)
		streams_over(call);
	process = run->process;
	if (process && process->status < PROCESS_RUNNING) {
		failed(run, "runtime_failed", task.error[0] ? task.error : "the machine has ended");
	} else if (process && process->status == PROCESS_RUNNING) {
		exited(run, 128 + 9);
	}
	let_go(run);
}

static void start_replied(struct call *call, uint8_t type, const uint8_t *payload, size_t length)
{
	struct run *run = run_of(call);
	if (run->process && type == FRAME_ERROR)
		refused(run, payload, length);
	else if (run->process)
		started(run, machine_pid());
	let_go(run);
}

static bool is_running(const uint8_t *payload, size_t length)
{
	size_t offset = 0;
	struct field field;
	while (field_next(payload, length, &offset, &field) > 0)
		if (strcmp(field.key, "status") == 0)
			return strcmp(field.value, "running") == 0;
	return false;
}

/* A restored machine says that its container runs. */
static void state_replied(struct call *call, uint8_t type, const uint8_t *payload, size_t length)
{
	struct run *run = run_of(call);
	if (run->process && type == FRAME_ERROR)
		refused(run, payload, length);
	else if (run->process && is_running(payload, length))
		started(run, machine_pid());
	else if (run->process)
		failed(run, "runtime_failed", "the container of the restored machine does not run");
	let_go(run);
}

static void wait_replied(struct call *call, uint8_t type, const uint8_t *payload, size_t length)
{
	struct run *run = run_of(call);
	if (!run->process || (type == FRAME_ERROR && run->process->status < PROCESS_RUNNING))
		return let_go(run);
	uint64_t code = type == FRAME_EXIT ? number_of(payload, length, "exit-code", 255, UINT64_MAX) : UINT64_MAX;
	if (code == UINT64_MAX || run->process->status != PROCESS_RUNNING)
		return machine_broken("the guest broke the session protocol: an exit that cannot be");
	if (process_is_init(run->process))
		task.oom_killed = number_of(payload, length, "oom-killed", 1, 0) == 1;
	exited(run, (int)code);
	let_go(run);
}

static void streams_replied(struct call *call, uint8_t type, const uint8_t *payload, size_t length)
{
	struct run *run = run_of(call);
	if (type == FRAME_STARTED && run->process)
		started(run, (pid_t)number_of(payload, length, "pid", INT32_MAX, 0));
	if (type == FRAME_STARTED || type == FRAME_OK)
		return;
	if (type == FRAME_ERROR && call->type == FRAME_EXEC && !call->open && run->process)
		refused(run, payload, length);
	streams_over(call);
	let_go(run);
}

static bool output_came(struct call *call, uint8_t stream, const uint8_t *bytes, size_t length)
{
	struct run *run = run_of(call);
	struct process *process = run->process;
	if (!process) {
		link_give(call, length);
		return true;
	}
	if (process->status < PROCESS_RUNNING)
		return false;
	if (process->drain.armed)
		timer_set(&process->drain, GUEST_DRAIN_MS);
	process_deliver(process, stream, bytes, length);
	run->withheld += length;
	if (!process_blocked(process))
		resume_output(process);
	return true;
}

static void stream_ended(struct call *call, uint8_t stream)
{
	struct process *process = run_of(call)->process;
	if (!process || process->status < PROCESS_RUNNING)
		return;
	if (stream == STREAM_STDIN)
		stdin_closed(process);
	else if (stream == STREAM_STDOUT || !process->terminal)
		process_end_output(process, stream);
}

static void room_for_input(struct call *call)
{
	struct process *process = run_of(call)->process;
	if (process && process->status == PROCESS_RUNNING && !process->input_closed)
		stdin_ready(&process->input, 0);
}

static const struct call_handler on_start = {.reply = start_replied, .lost = lost};
static const struct call_handler on_state = {.reply = state_replied, .lost = lost};
static const struct call_handler on_wait = {.reply = wait_replied, .lost = lost};
static const struct call_handler on_streams = {
	.reply = streams_replied, .data = output_came, .eof = stream_ended, .room = room_for_input, .lost = lost,
};

/* False when too much is under way. */
static bool ask(struct run *run, uint8_t type, const struct fields *fields, const struct call_handler *handler)
{
	struct call *call = link_call(type, fields->bytes, fields->length, handler);
	if (!call)
		return false;
	call->owner = run;
	run->calls++;
	if (handler == &on_streams)
		run->streams = call;
	return true;
}

static void expect_streams(struct run *run, const bool wants[3])
{
	struct call *call = run->streams;
	call->input = wants[STREAM_STDIN];
	call->wants[STREAM_STDOUT] = wants[STREAM_STDOUT];
	call->wants[STREAM_STDERR] = wants[STREAM_STDERR];
}

/* Attached before the start, so that no byte of output is missed. */
static bool run_init(struct run *run, const bool wants[3])
{
	uint8_t bytes[64];
	struct fields none = {bytes, 0, 0}, streams = {bytes, 0, sizeof bytes};
	bool restored = machine_restored() != NULL;
	if (wants[STREAM_STDIN])
		fields_text(&streams, "stdin", "1");
	fields_text(&streams, "stdout", "1");
	if (wants[STREAM_STDERR])
		fields_text(&streams, "stderr", "1");
	/* A restored container's output waits in the guest until somebody attaches: after it is known to run. */
	if (restored && !ask(run, FRAME_STATE, &none, &on_state))
		return false;
	if (!ask(run, FRAME_ATTACH, &streams, &on_streams))
		return false;
	expect_streams(run, wants);
	return ask(run, FRAME_WAIT, &none, &on_wait) && (restored || ask(run, FRAME_START, &none, &on_start));
}

static bool run_exec(struct run *run, const bool wants[3], const uint8_t *payload, size_t length)
{
	uint8_t bytes[EXEC_ID_MAX + 16];
	struct fields request = {(uint8_t *)(uintptr_t)payload, length, length};
	struct fields exec = {bytes, 0, sizeof bytes};
	fields_text(&exec, "exec", run->process->id);
	if (!ask(run, FRAME_EXEC, &request, &on_streams))
		return false;
	expect_streams(run, wants);
	return ask(run, FRAME_WAIT, &exec, &on_wait);
}

bool guest_run(struct process *process, const bool wants[3], const uint8_t *payload, size_t length, char **message)
{
	struct run *run = calloc(1, sizeof *run);
	if (!run)
		abort();
	bool first = process_is_init(process);
	const bool streams[3] = {wants[0], wants[1], wants[2] && !(first && process->terminal)};
	run->process = process;
	process->remote = &remote;
	process->remote_state = run;
	process->stdin_open = wants[STREAM_STDIN];
	process->status = PROCESS_STARTING;
	/* Held together by a call that is not one, lest a failure half-way frees it. */
	run->calls = 1;
	bool asked = link_is_open() && (first ? run_init(run, streams) : run_exec(run, streams, payload, length));
	if (!asked) {
		forget(run);
		*message = strdup(link_is_open() ? "too many requests wait for the guest"
				  : task.error[0] ? task.error : "the machine has ended");
	}
	let_go(run);
	return asked;
}
