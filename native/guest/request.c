#include "request.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "channel.h"
#include "client.h"
#include "configure.h"
#include "devices.h"
#include "files.h"
#include "groups.h"
#include "guest_task.h"
#include "launch.h"
#include "link.h"
#include "live_files.h"
#include "lookups.h"
#include "options.h"
#include "readings.h"
#include "rehearse.h"
#include "task.h"
#include "text.h"

#define RUNNING_EXECS_MAX 256

/* OK, or the error with this message, which is freed. */
static void reply(struct client *client, uint16_t channel, const char *code, char *message)
{
	if (message)
		client_reply_error(client, channel, code, message);
	else
		client_reply(client, channel, FRAME_OK, NULL, 0);
	free(message);
}

static void handle_prepare(struct client *client, uint16_t number, const uint8_t *payload, size_t length)
{
	const char *code;
	if (task.prepared || task.prepare_error)
		return client_reply_error(client, number, "conflict", "the task is prepared already");
	if (rehearse_wanted(payload, length))
		return reply(client, number, "runtime_failed", rehearse(payload, length));
	char *message = guest_task_prepare(payload, length, &code);
	task.prepared = !message;
	task.prepare_error = message ? text_message("%s", message) : NULL;
	reply(client, number, code, message);
}

/* Begins a process; what cannot even be begun has failed. */
static void begin(struct process *process, const struct program *program, const bool wanted[3])
{
	int stdio[3] = {-1, -1, -1};
	if (process_open_stdio(process, wanted, stdio) && launch(process, guest_task_spec(), program, stdio))
		return;
	launch_failed(process, text_message("cannot fork: %s", strerror(errno)));
}

static void handle_start(struct client *client, uint16_t number)
{
	const struct spec *spec = guest_task_spec();
	if (task.prepare_error)
		return client_reply_error(client, number, "runtime_failed", task.prepare_error);
	if (task.status != TASK_NEW || !task.prepared)
		return client_reply_error(client, number, "conflict",
					  task.prepared ? "the container was started already" : "start without prepare");
	if (spec->program.arguments.count == 0)
		return client_reply_error(client, number, "invalid_argument", "field arg is missing");
	struct channel *channel = channel_open(client, number, CHANNEL_START);
	if (!channel)
		return;
	static const bool nothing[3];
	bool wanted[3] = {spec->stdin_open, true, true};
	channel_join(channel, &task.init, nothing);
	task.status = TASK_STARTING;
	begin(&task.init, &spec->program, wanted);
}

static void handle_attach(struct client *client, uint16_t number, const struct options *options)
{
	if (task.status > TASK_RUNNING || task.init.status > PROCESS_DRAINING)
		return client_reply_error(client, number, "conflict", "the container is not running");
	struct channel *channel = channel_open(client, number, CHANNEL_ATTACH);
	if (!channel)
		return;
	channel_join(channel, &task.init, options->wants);
	channel_push(channel, FRAME_OK, 0, NULL, 0);
	if (options->wants[STREAM_STDIN] && task.init.input_closed)
		channel_push(channel, FRAME_EOF, STREAM_STDIN, NULL, 0);
	for (uint8_t stream = STREAM_STDOUT; stream <= STREAM_STDERR; stream++) {
		bool open = task.init.output[task.init.terminal ? STREAM_STDOUT : stream].fd >= 0;
		if (options->wants[stream] && task.init.status >= PROCESS_RUNNING && !open)
			channel_push(channel, FRAME_EOF, stream, NULL, 0);
	}
}

/* An EXEC has options and process fields in one list. */
static bool read_exec(struct client *client, uint16_t number, struct exec *exec, struct options *options, size_t length)
{
	static const unsigned allowed = KEY(EXEC) | KEY(TERMINAL) | KEY(STDIN) | KEY(STDOUT) | KEY(STDERR) | KEY(COLUMNS) | KEY(ROWS);
	size_t offset = 0;
	struct field field;
	int more;
	while ((more = field_next(exec->bytes, length, &offset, &field)) > 0) {
		enum taken taken = options_take(options, allowed, &field);
		if (taken == FIELD_UNKNOWN)
			taken = program_take(&exec->program, &field);
		if (taken == FIELD_TAKEN)
			continue;
		options_refuse(client, number, taken, field.key);
		return false;
	}
	if (more < 0) {
		client_fail(client, "field list does not parse");
		return false;
	}
	if (!options_complete(client, number, options, KEY(EXEC)))
		return false;
	if (exec->program.arguments.count == 0)
		client_reply_error(client, number, "invalid_argument", "field arg is missing");
	return exec->program.arguments.count > 0;
}

/* Why it cannot be run now: the code, and the message in `message`; NULL when it can. */
static const char *exec_obstacle(const struct options *options, const char **message)
{
	*message = "the container is not running";
	if (task.status != TASK_RUNNING || task.init.status != PROCESS_RUNNING)
		return "conflict";
	*message = "the exec id is in use";
	if (task_find(options->exec))
		return "conflict";
	*message = "too many execs in one container";
	return task_running_execs() >= RUNNING_EXECS_MAX ? "unavailable" : NULL;
}

static void handle_exec(struct client *client, uint16_t number, const uint8_t *payload, size_t length)
{
	struct options options = {0};
	struct exec *exec = calloc(1, sizeof *exec);
	if (!exec || !(exec->bytes = malloc(length + 1)))
		abort();
	memcpy(exec->bytes, payload, length);
	program_init(&exec->program);
	const char *message = NULL;
	bool valid = read_exec(client, number, exec, &options, length);
	const char *code = valid ? exec_obstacle(&options, &message) : NULL;
	if (code)
		client_reply_error(client, number, code, message);
	struct channel *channel = valid && !code ? channel_open(client, number, CHANNEL_EXEC) : NULL;
	if (!channel) {
		program_free(&exec->program);
		free(exec->bytes);
		free(exec);
		return;
	}
	struct process *process = &exec->process;
	process_init(process, options.exec);
	process->terminal = options.terminal;
	process->stdin_open = options.wants[STREAM_STDIN];
	process->columns = (uint16_t)options.columns;
	process->rows = (uint16_t)options.rows;
	process->next = task.execs;
	task.execs = process;
	channel_join(channel, process, options.wants);
	begin(process, &exec->program, options.wants);
}

static struct process *find_process(struct client *client, uint16_t number, const struct options *options)
{
	struct process *process = task_find(options->exec[0] ? options->exec : NULL);
	if (!process) {
		char text[EXEC_ID_MAX + 32];
		snprintf(text, sizeof text, "no such exec: %s", options->exec);
		client_reply_error(client, number, "not_found", text);
	}
	return process;
}

static void handle_wait(struct client *client, uint16_t number, const struct options *options)
{
	struct process *process = find_process(client, number, options);
	if (!process)
		return;
	if (process_is_init(process) && process->status == PROCESS_ENDED && process->pid == 0)
		return client_reply_error(client, number, "conflict", "the container did not start");
	struct channel *channel = channel_open(client, number, CHANNEL_WAIT);
	if (!channel)
		return;
	static const bool nothing[3];
	channel_join(channel, process, nothing);
	if (process->status != PROCESS_ENDED)
		return;
	uint8_t bytes[512];
	struct fields fields = {bytes, 0, sizeof bytes};
	task_exit_fields(process, &fields);
	channel_push_final(channel, FRAME_EXIT, bytes, fields.length);
	process->told = true;
}

static void handle_signal(struct client *client, uint16_t number, const struct options *options)
{
	struct process *process = find_process(client, number, options);
	if (!process)
		return;
	if (process->status != PROCESS_RUNNING || kill(process->pid, (int)options->signal) < 0)
		return client_reply_error(client, number, "not_found", "the process is not running");
	reply(client, number, NULL, NULL);
}

static void handle_resize(struct client *client, uint16_t number, const struct options *options)
{
	struct process *process = find_process(client, number, options);
	if (!process)
		return;
	if (process->status >= PROCESS_DRAINING)
		return client_reply_error(client, number, "not_found", "the process is not running");
	process_resize(process, (uint16_t)options->columns, (uint16_t)options->rows);
	reply(client, number, NULL, NULL);
}

static void handle_state(struct client *client, uint16_t number)
{
	static const char *const names[] = {
		[TASK_NEW] = "created", [TASK_STARTING] = "created", [TASK_RUNNING] = "running",
		[TASK_ENDED] = "exited", [TASK_LEAVING] = "exited",
	};
	static uint8_t bytes[FRAME_PAYLOAD_MAX];
	struct fields fields = {bytes, 0, sizeof bytes};
	fields_text(&fields, "status", names[task.status]);
	if (task.init.terminal)
		fields_text(&fields, "terminal", "1");
	fields_number(&fields, "log-dropped", 0);
	if (task.init.pid > 0) {
		fields_number(&fields, "pid", (uint64_t)task.init.pid);
		if (task.init.status == PROCESS_ENDED)
			task_exit_fields(&task.init, &fields);
		else
			fields_text(&fields, "started-at", task.init.started_at);
	}
	for (struct process *exec = task.execs; exec; exec = exec->next) {
		if (exec->pid <= 0)
			continue;
		fields_text(&fields, "exec", exec->id);
		fields_number(&fields, "exec-pid", (uint64_t)exec->pid);
		if (exec->status == PROCESS_ENDED)
			fields_number(&fields, "exec-exit-code", (uint64_t)exec->exit_code);
	}
	client_reply(client, number, FRAME_STATUS, bytes, fields.length);
}

static char *change_what_runs(const struct limits *limits, const struct live_share *share, const struct live_file *file,
			      const char **code)
{
	char *message = groups_limit(limits);
	if (!message)
		message = guest_task_share(share, code);
	return message ? message : live_file_change(guest_task_spec(), file, code);
}

static void handle_update(struct client *client, uint16_t number, const uint8_t *payload, size_t length)
{
	struct limits limits = {0};
	struct live_share share = {0};
	struct live_file file = {0};
	const char *code = "runtime_failed";
	size_t offset = 0;
	struct field field;
	int more;
	while ((more = field_next(payload, length, &offset, &field)) > 0) {
		enum taken taken = limits_take(&limits, &field);
		if (taken == FIELD_UNKNOWN)
			taken = live_share_take(&share, &field);
		if (taken == FIELD_UNKNOWN)
			taken = live_file_take(&file, &field);
		if (taken != FIELD_TAKEN) {
			live_file_free(&file);
			return options_refuse(client, number, taken, field.key);
		}
	}
	if (more < 0)
		client_fail(client, "field list does not parse");
	else if (!task.prepared)
		client_reply_error(client, number, "conflict", "update without prepare");
	else
		reply(client, number, code, change_what_runs(&limits, &share, &file, &code));
	live_file_free(&file);
}

/* The reply to a freeze is the last frame, so everything that waits to be sent goes out before it stops. */
static void handle_freeze(struct client *client, uint16_t number, const struct options *options)
{
	if (!options->on)
		return reply(client, number, "runtime_failed", guest_task_thaw());
	const char *code;
	char *message = guest_task_freeze(&code);
	bool frozen = !message;
	reply(client, number, code, message);
	if (frozen)
		link_freeze(true);
}

static const struct {
	unsigned allowed;
	unsigned needed;
} rules[] = {
	[FRAME_START - FRAME_PREPARE] = {0, 0},
	[FRAME_ATTACH - FRAME_PREPARE] = {KEY(STDIN) | KEY(STDOUT) | KEY(STDERR), 0},
	[FRAME_SIGNAL - FRAME_PREPARE] = {KEY(EXEC) | KEY(SIGNAL), KEY(SIGNAL)},
	[FRAME_RESIZE - FRAME_PREPARE] = {KEY(EXEC) | KEY(COLUMNS) | KEY(ROWS), KEY(COLUMNS) | KEY(ROWS)},
	[FRAME_STATE - FRAME_PREPARE] = {0, 0},
	[FRAME_WAIT - FRAME_PREPARE] = {KEY(EXEC), 0},
	[FRAME_STATS - FRAME_PREPARE] = {0, 0},
	[FRAME_PROCESSES - FRAME_PREPARE] = {0, 0},
	[FRAME_FREEZE - FRAME_PREPARE] = {KEY(ON), 0},
	[FRAME_FILES - FRAME_PREPARE] = {0, 0},
	[FRAME_NAMES - FRAME_PREPARE] = {0, 0},
};

static void handle_options(struct client *client, uint8_t type, uint16_t channel, const struct options *options)
{
	switch (type) {
	case FRAME_START:
		return handle_start(client, channel);
	case FRAME_ATTACH:
		return handle_attach(client, channel, options);
	case FRAME_SIGNAL:
		return handle_signal(client, channel, options);
	case FRAME_RESIZE:
		return handle_resize(client, channel, options);
	case FRAME_STATE:
		return handle_state(client, channel);
	case FRAME_WAIT:
		return handle_wait(client, channel, options);
	case FRAME_STATS:
		return readings_stats(client, channel);
	case FRAME_PROCESSES:
		return readings_processes(client, channel);
	case FRAME_FREEZE:
		return handle_freeze(client, channel, options);
	case FRAME_NAMES:
		return lookups_open(client, channel);
	default:
		return files_open(client, channel);
	}
}

void request_handle(struct client *client, uint8_t type, uint16_t channel, const uint8_t *payload, size_t length)
{
	const char *code = "invalid_argument";
	switch (type) {
	case FRAME_PREPARE:
		return client_reply_error(client, channel, "not_implemented", "a guest is prepared by GUEST_PREPARE");
	case FRAME_CUT_OFF:
		return client_reply_error(client, channel, "not_implemented", "a guest's one client is never cut off");
	case FRAME_GUEST_PREPARE:
		return handle_prepare(client, channel, payload, length);
	case FRAME_EXEC:
		return handle_exec(client, channel, payload, length);
	case FRAME_UPDATE:
		return handle_update(client, channel, payload, length);
	case FRAME_CONFIGURE: {
		char *message = configure(payload, length, &code);
		return reply(client, channel, code, message);
	}
	}
	struct options options = {0};
	size_t rule = (size_t)type - FRAME_PREPARE;
	if (options_read(client, channel, &options, rules[rule].allowed, rules[rule].needed, payload, length))
		handle_options(client, type, channel, &options);
}
