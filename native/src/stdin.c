#include "stdin.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "channel.h"

struct input *process_open_input(struct process *process, struct channel *channel)
{
	struct input *input = calloc(1, sizeof *input);
	if (!input || !(input->ring = malloc(WINDOW)))
		abort();
	input->process = process;
	input->channel = channel;
	struct input **link = &process->inputs;
	while (*link)
		link = &(*link)->next;
	*link = input;
	return input;
}

static void consumed(struct input *input, size_t length)
{
	if (input->channel)
		input->channel->input_owed += (uint32_t)length;
}

static void keep(struct input *input, const uint8_t *bytes, size_t length)
{
	while (length) {
		size_t end = (input->start + input->length) % WINDOW;
		size_t part = length < WINDOW - end ? length : WINDOW - end;
		memcpy(input->ring + end, bytes, part);
		input->length += part;
		bytes += part;
		length -= part;
	}
}

static void drop(struct input *input)
{
	consumed(input, input->length);
	input->length = 0;
	input->start = 0;
}

static void free_input(struct input *input)
{
	struct input **link = &input->process->inputs;
	while (*link != input)
		link = &(*link)->next;
	*link = input->next;
	free(input->ring);
	free(input);
}

/* Bytes taken; 0 when stdin is full or gone (then it is closed). */
static size_t write_some(struct process *process, const uint8_t *bytes, size_t length)
{
	if (process->remote)
		return process->remote->write(process, bytes, length);
	ssize_t count = write(process->input.fd, bytes, length);
	if (count > 0)
		return (size_t)count;
	if (count < 0 && errno != EAGAIN && errno != EINTR)
		stdin_closed(process);
	return 0;
}

static bool others_wait(const struct process *process)
{
	for (struct input *input = process->inputs; input; input = input->next)
		if (input->length)
			return true;
	return false;
}

void process_write(struct input *input, const uint8_t *bytes, size_t length)
{
	struct process *process = input->process;
	if (process->input_closed || input->ends)
		return consumed(input, length);
	size_t done = 0;
	if (process->status == PROCESS_RUNNING && !others_wait(process))
		done = write_some(process, bytes, length);
	consumed(input, done);
	if (process->input_closed)
		return consumed(input, length - done);
	if (done == length)
		return;
	keep(input, bytes + done, length - done);
	if (process->status == PROCESS_RUNNING)
		loop_want(&process->input, EPOLLOUT);
}

static void flush_input(struct input *input)
{
	struct process *process = input->process;
	while (input->length && !process->input_closed) {
		size_t part = WINDOW - input->start < input->length ? WINDOW - input->start : input->length;
		size_t done = write_some(process, input->ring + input->start, part);
		if (done == 0)
			return;
		input->start = (input->start + done) % WINDOW;
		input->length -= done;
		consumed(input, done);
	}
}

/* Closes stdin behind those who asked for it and frees what has no client any more. */
static void finish_inputs(struct process *process)
{
	bool end = false;
	for (struct input *input = process->inputs, *next; input; input = next) {
		next = input->next;
		if (input->length)
			continue;
		end |= input->ends;
		/* An end that comes before the start is kept for it. */
		if (input->channel || (input->ends && process->status < PROCESS_RUNNING))
			continue;
		free_input(input);
	}
	if (end && process->status == PROCESS_RUNNING)
		stdin_end(process);
}

void stdin_ready(struct source *source, uint32_t events)
{
	(void)events;
	struct process *process = container_of(source, struct process, input);
	for (struct input *input = process->inputs; input; input = input->next) {
		flush_input(input);
		if (process->input_closed)
			return;
	}
	finish_inputs(process);
	loop_want(&process->input, others_wait(process) ? EPOLLOUT : 0);
}

void stdin_opened(struct process *process)
{
	if (process->input.fd < 0 && !(process->remote && process->stdin_open))
		return stdin_closed(process);
	stdin_ready(&process->input, 0);
}

void process_end_input(struct input *input, bool close)
{
	input->ends |= close;
	finish_inputs(input->process);
}

void process_release_input(struct input *input, bool close)
{
	struct process *process = input->process;
	input->channel = NULL;
	input->ends |= close;
	if (process->input_closed)
		drop(input);
	finish_inputs(process);
}

static void type_end_of_file(int terminal)
{
	struct termios settings;
	if (tcgetattr(terminal, &settings) < 0 || !(settings.c_lflag & ICANON))
		return;
	char key = (char)settings.c_cc[VEOF];
	while (write(terminal, &key, 1) < 0 && errno == EINTR)
		continue;
}

void stdin_end(struct process *process)
{
	if (process->input_closed)
		return;
	if (!process->terminal)
		return stdin_closed(process);
	/* The terminal stays: another client may type on. */
	for (struct input *input = process->inputs; input; input = input->next)
		input->ends = false;
	if (process->remote)
		process->remote->end_input(process);
	else
		type_end_of_file(process->input.fd);
}

void stdin_closed(struct process *process)
{
	if (process->input_closed)
		return;
	process->input_closed = true;
	if (process->remote)
		process->remote->end_input(process);
	loop_close(&process->input);
	for (struct input *input = process->inputs, *next; input; input = next) {
		next = input->next;
		drop(input);
		if (input->channel)
			channel_push(input->channel, FRAME_EOF, STREAM_STDIN, NULL, 0);
		else
			free_input(input);
	}
}
