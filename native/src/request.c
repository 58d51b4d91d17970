#include "request.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend.h"
#include "channel.h"
#include "client.h"
#include "log_file.h"
#include "prepare.h"
#include "runtime.h"
#include "task.h"

#define RUNNING_EXECS_MAX 256
#define IDLE_MAX_MS 3600000

/* What the small requests are made of. */
struct options {
	const char *exec;
	const char *process;
	/* The whole request, for who reads the rest of it. */
	const uint8_t *payload;
	size_t length;
	bool wants[3];
	bool terminal;
	uint64_t signal;
	uint64_t columns;
	uint64_t rows;
	uint64_t idle_ms;
	/* The keys seen, by position in `keys`. */
	unsigned seen;
};

enum { KEY_EXEC, KEY_PROCESS, KEY_STDIN, KEY_STDOUT, KEY_STDERR, KEY_TERMINAL, KEY_SIGNAL, KEY_COLUMNS, KEY_ROWS, KEY_IDLE };

static const char *const keys[] = {"exec", "process", "stdin", "stdout", "stderr", "terminal", "signal", "columns", "rows",
				   "idle-ms"};

#define KEY(name) (1u << KEY_##name)
/* Fields that are the backend's to check. */
#define REST (1u << 31)

static bool valid_exec_id(const struct field *field)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
	return field->value_length > 0 && field->value_length <= EXEC_ID_MAX &&
	       strspn(field->value, allowed) == field->value_length;
}

static bool take(struct options *options, size_t key, const struct field *field)
{
	switch (key) {
	case KEY_EXEC:
		options->exec = field->value;
		return valid_exec_id(field);
	case KEY_PROCESS:
		options->process = field->value;
		return field->value_length > 0;
	case KEY_STDIN:
	case KEY_STDOUT:
	case KEY_STDERR:
		options->wants[key - KEY_STDIN] = true;
		return strcmp(field->value, "1") == 0;
	case KEY_TERMINAL:
		options->terminal = true;
		return strcmp(field->value, "1") == 0;
	case KEY_SIGNAL:
		return field_number(field, 64, &options->signal) && options->signal > 0;
	case KEY_COLUMNS:
		return field_number(field, UINT16_MAX, &options->columns);
	case KEY_ROWS:
		return field_number(field, UINT16_MAX, &options->rows);
	default:
		return field_number(field, IDLE_MAX_MS, &options->idle_ms) && options->idle_ms > 0;
	}
}

/* Reads the fields; each must be allowed and valid, the needed ones there. Answers and returns false otherwise. */
static bool read_options(struct client *client, uint16_t channel, struct options *options, unsigned allowed,
			 unsigned needed, const uint8_t *payload, size_t length)
{
	size_t offset = 0;
	struct field field;
	char text[256];
	int more;
	while ((more = field_next(payload, length, &offset, &field)) > 0) {
		size_t key = 0;
		while (key < sizeof keys / sizeof *keys && strcmp(keys[key], field.key) != 0)
			key++;
		if (key == sizeof keys / sizeof *keys && (allowed & REST))
			continue;
		if (key == sizeof keys / sizeof *keys || !(allowed & 1u << key)) {
			snprintf(text, sizeof text, "unknown field %.128s", field.key);
			client_reply_error(client, channel, "invalid_argument", text);
			return false;
		}
		if (!take(options, key, &field)) {
			snprintf(text, sizeof text, "invalid value of field %s", keys[key]);
			client_reply_error(client, channel, "invalid_argument", text);
			return false;
		}
		options->seen |= 1u << key;
	}
	if (more < 0) {
		client_fail(client, "field list does not parse");
		return false;
	}
	for (size_t key = 0; key < sizeof keys / sizeof *keys; key++) {
		if (!(needed & 1u << key) || (options->seen & 1u << key))
			continue;
		snprintf(text, sizeof text, "field %s is missing", keys[key]);
		client_reply_error(client, channel, "invalid_argument", text);
		return false;
	}
	return true;
}

static void reply_ok(struct client *client, uint16_t channel)
{
	client_reply(client, channel, FRAME_OK, NULL, 0);
}

/* False with a message to be freed. */
static bool run(struct process *process, const bool wants[3], const struct options *options, char **message)
{
	if (task.backend)
		return task.backend->run(process, wants, options->payload, options->length, message);
	int stdio[3] = {-1, -1, -1};
	if (process_open_stdio(process, wants, stdio) && runtime_run(process, stdio, options->process))
		return true;
	int error = errno;
	*message = malloc(256);
	if (!*message)
		abort();
	snprintf(*message, 256, "cannot start %.128s: %s", task.runtime, strerror(error));
	return false;
}

static void handle_start(struct client *client, uint16_t number)
{
	if (task.prepare_error)
		return client_reply_error(client, number, "runtime_failed", task.prepare_error);
	if (task.status != TASK_NEW || !task.prepared)
		return client_reply_error(client, number, "conflict",
					  task.prepared ? "the container was started already" : "start without prepare");
	struct channel *channel = channel_open(client, number, CHANNEL_START);
	if (!channel)
		return;
	static const bool nothing[3];
	channel_join(channel, &task.init, nothing);
	task.status = TASK_STARTING;
	bool wants[3] = {task.init.stdin_open, true, true};
	char *message;
	if (!run(&task.init, wants, &(struct options){0}, &message))
		task_start_failed("runtime_failed", message);
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

static void handle_exec(struct client *client, uint16_t number, const struct options *options)
{
	if (task.status != TASK_RUNNING || task.init.status != PROCESS_RUNNING)
		return client_reply_error(client, number, "conflict", "the container is not running");
	if (task_find(options->exec))
		return client_reply_error(client, number, "conflict", "the exec id is in use");
	if (task_running_execs() >= RUNNING_EXECS_MAX)
		return client_reply_error(client, number, "unavailable", "too many execs in one container");
	struct channel *channel = channel_open(client, number, CHANNEL_EXEC);
	if (!channel)
		return;
	struct process *process = malloc(sizeof *process);
	if (!process)
		abort();
	process_init(process, options->exec);
	process->terminal = options->terminal;
	process->stdin_open = options->wants[STREAM_STDIN];
	process->columns = (uint16_t)options->columns;
	process->rows = (uint16_t)options->rows;
	process->next = task.execs;
	task.execs = process;
	channel_join(channel, process, options->wants);
	char *message;
	if (!run(process, options->wants, options, &message))
		exec_failed(process, "runtime_failed", message);
}

static struct process *find_process(struct client *client, uint16_t number, const char *exec)
{
	struct process *process = task_find(exec);
	if (!process) {
		char text[EXEC_ID_MAX + 32];
		snprintf(text, sizeof text, "no such exec: %s", exec);
		client_reply_error(client, number, "not_found", text);
	}
	return process;
}

static void handle_wait(struct client *client, uint16_t number, const struct options *options)
{
	struct process *process = find_process(client, number, options->exec);
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
	uint8_t bytes[1024];
	struct fields fields = {bytes, 0, sizeof bytes};
	task_exit_fields(process, &fields);
	channel_push_final(channel, FRAME_EXIT, bytes, fields.length);
	process->told = true;
}

static void handle_signal(struct client *client, uint16_t number, const struct options *options)
{
	struct process *process = find_process(client, number, options->exec);
	if (!process)
		return;
	/* Not reaped yet, so the number cannot be another process's. */
	if (process->status != PROCESS_RUNNING || kill(process->pid, (int)options->signal) < 0)
		return client_reply_error(client, number, "not_found", "the process is not running");
	reply_ok(client, number);
}

static void handle_resize(struct client *client, uint16_t number, const struct options *options)
{
	struct process *process = find_process(client, number, options->exec);
	if (!process)
		return;
	if (process->status >= PROCESS_DRAINING)
		return client_reply_error(client, number, "not_found", "the process is not running");
	process_resize(process, (uint16_t)options->columns, (uint16_t)options->rows);
	reply_ok(client, number);
}

static void handle_state(struct client *client, uint16_t number)
{
	static const char *const names[] = {
		[TASK_NEW] = "created", [TASK_STARTING] = "created", [TASK_RUNNING] = "running",
		[TASK_ENDED] = "exited", [TASK_LEAVING] = "exited",
	};
	uint8_t *bytes = malloc(FRAME_PAYLOAD_MAX);
	if (!bytes)
		abort();
	struct fields fields = {bytes, 0, FRAME_PAYLOAD_MAX};
	fields_text(&fields, "status", names[task.status]);
	if (task.init.terminal)
		fields_text(&fields, "terminal", "1");
	fields_number(&fields, "log-dropped", log_dropped());
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
	free(bytes);
}

static const struct {
	unsigned allowed;
	unsigned needed;
} rules[] = {
	[FRAME_START - FRAME_PREPARE] = {0, 0},
	[FRAME_ATTACH - FRAME_PREPARE] = {KEY(STDIN) | KEY(STDOUT) | KEY(STDERR), 0},
	[FRAME_EXEC - FRAME_PREPARE] = {KEY(EXEC) | KEY(PROCESS) | KEY(TERMINAL) | KEY(STDIN) | KEY(STDOUT) |
						KEY(STDERR) | KEY(COLUMNS) | KEY(ROWS),
					KEY(EXEC) | KEY(PROCESS)},
	[FRAME_SIGNAL - FRAME_PREPARE] = {KEY(EXEC) | KEY(SIGNAL), KEY(SIGNAL)},
	[FRAME_RESIZE - FRAME_PREPARE] = {KEY(EXEC) | KEY(COLUMNS) | KEY(ROWS), KEY(COLUMNS) | KEY(ROWS)},
	[FRAME_STATE - FRAME_PREPARE] = {0, 0},
	[FRAME_WAIT - FRAME_PREPARE] = {KEY(EXEC), 0},
	[FRAME_CUT_OFF - FRAME_PREPARE] = {KEY(IDLE), KEY(IDLE)},
};

void request_handle(struct client *client, uint8_t type, uint16_t channel, const uint8_t *payload, size_t length)
{
	if (task.backend && task.backend->request(client, type, channel, payload, length))
		return;
	if (type == FRAME_PREPARE)
		return prepare_handle(client, channel, payload, length);
	if (type > FRAME_WAIT && type != FRAME_CUT_OFF)
		return client_reply_error(client, channel, "not_implemented", "only virtual machines answer this request");
	struct options options = {.payload = payload, .length = length};
	size_t rule = (size_t)type - FRAME_PREPARE;
	unsigned allowed = rules[rule].allowed, needed = rules[rule].needed;
	if (task.backend && type == FRAME_EXEC) {
		allowed = (allowed & ~KEY(PROCESS)) | REST;
		needed &= ~KEY(PROCESS);
	}
	if (!read_options(client, channel, &options, allowed, needed, payload, length))
		return;
	switch (type) {
	case FRAME_START:
		return handle_start(client, channel);
	case FRAME_ATTACH:
		return handle_attach(client, channel, &options);
	case FRAME_EXEC:
		return handle_exec(client, channel, &options);
	case FRAME_SIGNAL:
		return handle_signal(client, channel, &options);
	case FRAME_RESIZE:
		return handle_resize(client, channel, &options);
	case FRAME_STATE:
		return handle_state(client, channel);
	case FRAME_CUT_OFF:
		clients_cut_off(options.idle_ms);
		return reply_ok(client, channel);
	default:
		return handle_wait(client, channel, &options);
	}
}
