#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "channel.h"
#include "log_file.h"
#include "stdin.h"
#include "task.h"

#define CHUNK 65536
#define PIPE_SIZE (256 << 10)
/* How long others may hold a dead process's streams open. */
#define DRAIN_MS 2000
/* How often a stopped stream looks whether its slow client was cut off, or its log shipped. */
#define STALL_MS 1000
#define HOLD_MS 20

static void stdout_ready(struct source *source, uint32_t events);
static void stderr_ready(struct source *source, uint32_t events);
static void drain_over(struct timer *timer);
static void stall_over(struct timer *timer);

void process_init(struct process *process, const char *id)
{
	memset(process, 0, sizeof *process);
	strncpy(process->id, id, EXEC_ID_MAX);
	process->input.fd = process->output[STREAM_STDOUT].fd = process->output[STREAM_STDERR].fd = -1;
	process->input.ready = stdin_ready;
	process->output[STREAM_STDOUT].ready = stdout_ready;
	process->output[STREAM_STDERR].ready = stderr_ready;
	process->drain.fire = drain_over;
	process->stall.fire = stall_over;
}

bool process_open_stdio(struct process *process, const bool wanted[3], int child[3])
{
	for (int stream = 0; stream < 3; stream++) {
		if (!wanted[stream] || process->terminal) {
			child[stream] = open("/dev/null", (stream == STREAM_STDIN ? O_RDONLY : O_WRONLY) | O_CLOEXEC);
			continue;
		}
		int ends[2] = {-1, -1};
		if (pipe2(ends, O_CLOEXEC) < 0) {
			child[stream] = -1;
			continue;
		}
		int ours = stream == STREAM_STDIN ? ends[1] : ends[0];
		child[stream] = stream == STREAM_STDIN ? ends[0] : ends[1];
		fcntl(ours, F_SETFL, O_NONBLOCK);
		/* Fewer, larger reads when there is much output; refused beyond the user's quota, which does no harm. */
		fcntl(ours, F_SETPIPE_SZ, PIPE_SIZE);
		*(stream == STREAM_STDIN ? &process->input.fd : &process->output[stream].fd) = ours;
	}
	return child[0] >= 0 && child[1] >= 0 && child[2] >= 0;
}

static void want_output(struct process *process, uint32_t events)
{
	loop_want(&process->output[STREAM_STDOUT], events);
	loop_want(&process->output[STREAM_STDERR], events);
}

void process_take_console(struct process *process, int console)
{
	fcntl(console, F_SETFL, fcntl(console, F_GETFL) | O_NONBLOCK);
	process->output[STREAM_STDOUT].fd = console;
	process->input.fd = process->stdin_open ? fcntl(console, F_DUPFD_CLOEXEC, 3) : -1;
	if (process->columns || process->rows)
		process_resize(process, process->columns, process->rows);
}

void process_started(struct process *process, pid_t pid)
{
	process->pid = pid;
	process->status = PROCESS_RUNNING;
	clock_now(process->started_at);
}

void process_open_streams(struct process *process)
{
	stdin_opened(process);
	want_output(process, EPOLLIN);
	process_resume(process);
}

static void announce_end(struct process *process)
{
	process->status = PROCESS_ENDED;
	timer_clear(&process->drain);
	stdin_closed(process);
	if (process->remote)
		process->remote->forget(process);
	if (process_is_init(process))
		task_ended();
	else
		exec_ended(process);
}

static void end_if_drained(struct process *process)
{
	if (process->status == PROCESS_DRAINING && process->output[STREAM_STDOUT].fd < 0 &&
	    process->output[STREAM_STDERR].fd < 0)
		announce_end(process);
}

static void end_stream(struct process *process, enum stream stream)
{
	if (process->output[stream].fd < 0)
		return;
	loop_close(&process->output[stream]);
	process_end_output(process, (uint8_t)stream);
}

void process_end_output(struct process *process, uint8_t stream)
{
	if (process_is_init(process))
		log_end_stream(stream);
	for (struct channel *channel = process->channels; channel; channel = channel->next_of_process) {
		if (channel->wants[stream])
			channel_push(channel, FRAME_EOF, (uint8_t)stream, NULL, 0);
		if (process->terminal && channel->wants[STREAM_STDERR])
			channel_push(channel, FRAME_EOF, STREAM_STDERR, NULL, 0);
	}
}

/* A process that has ended is read to its end even for a full channel: no more than its pipes hold can come. */
bool process_blocked(const struct process *process)
{
	if (process->held)
		return true;
	bool ended = process->status == PROCESS_DRAINING;
	if (!ended && process_is_init(process) && log_holds())
		return true;
	for (struct channel *channel = process->channels; channel; channel = channel->next_of_process)
		if (ended ? channel_is_exhausted(channel) : channel_is_full(channel))
			return true;
	return false;
}

static void stall(struct process *process)
{
	timer_set(&process->stall, process_is_init(process) && log_holds() ? HOLD_MS : STALL_MS);
}

void process_deliver(struct process *process, uint8_t stream, const uint8_t *bytes, size_t length)
{
	if (process_is_init(process))
		log_write(stream, bytes, length);
	for (struct channel *channel = process->channels; channel; channel = channel->next_of_process)
		if (channel->wants[stream])
			channel_push(channel, FRAME_DATA, stream, bytes, length);
	if (process_blocked(process)) {
		want_output(process, 0);
		stall(process);
	}
}

static void read_output(struct process *process, enum stream stream)
{
	static uint8_t chunk[CHUNK];
	ssize_t count = read(process->output[stream].fd, chunk, sizeof chunk);
	if (count < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (count <= 0 && process->reopens && process->status == PROCESS_RUNNING) {
		want_output(process, 0);
		timer_set(&process->stall, STALL_MS);
		return;
	}
	/* A terminal whose last user is gone answers EIO. */
	if (count <= 0) {
		end_stream(process, stream);
		end_if_drained(process);
		return;
	}
	process_deliver(process, (uint8_t)stream, chunk, (size_t)count);
}

static void stdout_ready(struct source *source, uint32_t events)
{
	(void)events;
	read_output(container_of(source, struct process, output[STREAM_STDOUT]), STREAM_STDOUT);
}

static void stderr_ready(struct source *source, uint32_t events)
{
	(void)events;
	read_output(container_of(source, struct process, output[STREAM_STDERR]), STREAM_STDERR);
}

void process_resume(struct process *process)
{
	if (process->status != PROCESS_RUNNING && process->status != PROCESS_DRAINING)
		return;
	if (process_blocked(process)) {
		stall(process);
		return;
	}
	timer_clear(&process->stall);
	want_output(process, EPOLLIN);
	if (process->remote)
		process->remote->resume(process);
}

void process_hold(struct process *process, bool hold)
{
	process->held = hold;
	if (hold)
		want_output(process, 0);
	else
		process_resume(process);
}

static void stall_over(struct timer *timer)
{
	process_resume(container_of(timer, struct process, stall));
}

static void drain_over(struct timer *timer)
{
	struct process *process = container_of(timer, struct process, drain);
	end_stream(process, STREAM_STDOUT);
	end_stream(process, STREAM_STDERR);
	end_if_drained(process);
}

int exit_code_of(int wait_status)
{
	return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

void process_exited(struct process *process, int exit_code)
{
	process->exit_code = exit_code;
	process->status = PROCESS_DRAINING;
	clock_now(process->finished_at);
	process_resume(process);
}

void process_drained(struct process *process)
{
	if (process->status == PROCESS_DRAINING)
		announce_end(process);
}

void process_reaped(struct process *process, int wait_status)
{
	process_exited(process, exit_code_of(wait_status));
	timer_set(&process->drain, DRAIN_MS);
	end_if_drained(process);
}

void process_close(struct process *process)
{
	loop_close(&process->output[STREAM_STDOUT]);
	loop_close(&process->output[STREAM_STDERR]);
	timer_clear(&process->drain);
	timer_clear(&process->stall);
	stdin_closed(process);
	if (process->remote)
		process->remote->forget(process);
}

void process_resize(struct process *process, uint16_t columns, uint16_t rows)
{
	process->columns = columns;
	process->rows = rows;
	struct winsize size = {.ws_col = columns, .ws_row = rows};
	if (process->terminal && process->output[STREAM_STDOUT].fd >= 0)
		ioctl(process->output[STREAM_STDOUT].fd, TIOCSWINSZ, &size);
}
