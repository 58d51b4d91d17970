#include "guest_fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "frame.h"
#include "machine_stand_ins.h"

#define CALLS_MAX 32

/* A request that the guest has read and not answered for good. */
struct open_call {
	uint16_t number;
	uint8_t type;
	bool open;
	bool wants[3];
	uint32_t window;
	uint32_t taken;
};

static int fd = -1;
static bool greeted;
static uint8_t in[2 * FRAME_MAX];
static size_t in_length;
static struct open_call calls[CALLS_MAX];
static unsigned call_count;

static void broken(const char *what)
{
	fprintf(stderr, "a guest was sent %s\n", what);
	abort();
}

static struct open_call *find(uint16_t number)
{
	for (unsigned i = 0; i < call_count; i++)
		if (calls[i].number == number)
			return &calls[i];
	return NULL;
}

static bool has_streams(uint8_t type)
{
	return type == FRAME_ATTACH || type == FRAME_EXEC;
}

static void take_request(const struct frame *frame)
{
	if (find(frame->channel))
		broken("a request on a channel in use");
	if (call_count == CALLS_MAX)
		return;
	struct open_call *call = &calls[call_count++];
	*call = (struct open_call){.number = frame->channel, .type = frame->type, .window = WINDOW};
	size_t offset = 0;
	struct field field;
	while (has_streams(frame->type) && field_next(frame->payload, frame->length, &offset, &field) > 0) {
		call->wants[0] |= strcmp(field.key, "stdin") == 0;
		call->wants[1] |= strcmp(field.key, "stdout") == 0;
		call->wants[2] |= strcmp(field.key, "stderr") == 0;
	}
}

static void take_frame(const struct frame *frame)
{
	struct open_call *call = find(frame->channel);
	if ((frame->type >= FRAME_PREPARE && frame->type <= FRAME_FILES) || frame->type == FRAME_NAMES) {
		if (!greeted)
			broken("a request before its greeting");
		return take_request(frame);
	}
	if (frame->type == FRAME_DATA && call) {
		call->taken += frame->length;
		if (!call->wants[0] || call->taken > WINDOW)
			broken("more input than its window");
	} else if (frame->type == FRAME_CREDIT && call) {
		call->window += frame_u32(frame->payload);
		if (call->window > WINDOW)
			broken("more credit than it sent");
	} else if (frame->type > FRAME_CREDIT) {
		broken("a frame of a supervisor's type");
	}
}

static void receive(void)
{
	ssize_t count = fd < 0 ? 0 : read(fd, in + in_length, sizeof in - in_length);
	if (count <= 0)
		return;
	in_length += (size_t)count;
	size_t used = 0;
	struct frame frame;
	long size;
	while ((size = frame_parse(in + used, in_length - used, &frame)) > 0) {
		take_frame(&frame);
		used += (size_t)size;
	}
	if (size < 0)
		broken("a frame that is too long");
	in_length -= used;
	memmove(in, in + used, in_length);
}

static void put(uint8_t type, uint8_t stream, uint16_t channel, const void *payload, size_t length)
{
	static uint8_t bytes[FRAME_MAX];
	frame_header(bytes, (uint32_t)length, type, stream, channel);
	memcpy(bytes + FRAME_HEADER, payload, length);
	/* What the link does not take any more is a guest that sends half a frame. */
	if (fd >= 0 && write(fd, bytes, FRAME_HEADER + length) < 0)
		return;
}

static void greet(void)
{
	static const char hello[] = "version\0002\0oldest\0002\0supervisor\0guest";
	put(FRAME_HELLO, 0, 0, hello, sizeof hello);
	greeted = true;
}

static void finish(struct open_call *call)
{
	*call = calls[--call_count];
}

static void answer(struct open_call *call, uint8_t choice)
{
	static const char error[] = "code\0runtime_failed\0message\0no";
	static const char started[] = "pid\00042\0started-at\0now";
	static const char ended[] = "exit-code\0003\0oom-killed\0000";
	static const char state[] = "status\0running";
	uint16_t number = call->number;
	if (choice % 8 == 0) {
		put(FRAME_ERROR, 0, number, error, sizeof error);
		return finish(call);
	}
	if (has_streams(call->type) && !call->open) {
		call->open = true;
		return call->type == FRAME_ATTACH ? put(FRAME_OK, 0, number, "", 0)
						  : put(FRAME_STARTED, 0, number, started, sizeof started);
	}
	if (has_streams(call->type))
		put(FRAME_CLOSED, 0, number, "", 0);
	else if (call->type == FRAME_WAIT)
		put(FRAME_EXIT, 0, number, ended, sizeof ended);
	else if (call->type == FRAME_START)
		put(FRAME_STARTED, 0, number, started, sizeof started);
	else if (call->type == FRAME_STATE || call->type == FRAME_STATS || call->type == FRAME_PROCESSES)
		put(FRAME_STATUS, 0, number, state, sizeof state);
	else
		put(FRAME_OK, 0, number, "", 0);
	finish(call);
}

static void write_output(struct open_call *call, struct source_bytes *from)
{
	static uint8_t bytes[FRAME_PAYLOAD_MAX];
	uint8_t stream = 1 + take(from) % 2;
	size_t length = take_length(from);
	if (!call->open || !call->wants[stream] || length > call->window || length == 0)
		return;
	call->window -= (uint32_t)length;
	put(FRAME_DATA, stream, call->number, bytes, length);
}

static void end_output(struct open_call *call, uint8_t choice)
{
	uint8_t stream = choice % 3;
	if (!call->open || !call->wants[stream])
		return;
	/* The guest may go on taking what was under way. */
	if (stream != STREAM_STDIN)
		call->wants[stream] = false;
	put(FRAME_EOF, stream, call->number, "", 0);
}

static void give_credit(struct open_call *call)
{
	uint8_t payload[4];
	for (int i = 0; i < 4; i++)
		payload[i] = (uint8_t)(call->taken >> (24 - 8 * i));
	call->taken = 0;
	if (call->open)
		put(FRAME_CREDIT, STREAM_STDIN, call->number, payload, 4);
}

static void send_nonsense(struct source_bytes *from)
{
	static uint8_t payload[FRAME_PAYLOAD_MAX];
	uint8_t type = take(from), stream = take(from) % 4;
	uint16_t channel = take(from);
	for (size_t i = 0; i < 16; i++)
		payload[i] = take(from);
	put(type, stream, channel, payload, take_length(from));
}

void guest_fuzz_begin(struct source_bytes *from)
{
	int ends[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) < 0)
		abort();
	fd = ends[1];
	greeted = false;
	in_length = call_count = 0;
	uint8_t flags = take(from);
	stand_in_machine(ends[0], flags % 8 == 7);
	if (flags % 4)
		greet();
}

void guest_fuzz_step(struct source_bytes *from)
{
	uint8_t what = take(from);
	receive();
	if (fd < 0)
		return;
	struct open_call *call = call_count ? &calls[what / 16 % call_count] : NULL;
	switch (what % 16) {
	case 0:
		return greeted ? put(FRAME_OOM, 0, 0, "", 0) : greet();
	case 1:
		/* Rarely: it ends the machine, and with it the rest of the session. */
		if (what > 200)
			send_nonsense(from);
		return;
	case 2:
		if (what > 230)
			stand_in_machine_ends();
		return;
	case 3:
		if (call)
			end_output(call, take(from));
		return;
	case 4:
	case 5:
		if (call)
			give_credit(call);
		return;
	case 6:
	case 7:
	case 8:
	case 9:
		if (call)
			write_output(call, from);
		return;
	default:
		if (call)
			answer(call, take(from));
	}
}

void guest_fuzz_end(void)
{
	if (fd < 0)
		return;
	close(fd);
	fd = -1;
	stand_in_machine_gone();
}
