#include "link.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "lookups.h"
#include "loop.h"
#include "machine.h"
#include "queue.h"
#include "reply.h"

#define LINK_OLDEST 2
/* Requests that wait for the guest; beyond it new ones are refused. */
#define WAITING_MAX (2 * REQUEST_MAX)
/* Input is not taken from its clients while so much waits. */
#define INPUT_LIMIT (128u << 10)
#define CREDIT_PORTION (WINDOW / 4)

static void link_ready(struct source *source, uint32_t events);

static struct source source = {.fd = -1, .ready = link_ready};
static struct queue out;
/* What is asked while nothing may be sent. */
static struct queue held;
static bool holding;
static bool booted;
static bool greeted;
/* What the guest speaks. */
static uint64_t guest_version;
/* Nothing more comes. */
static bool ended;
static struct call *calls;
static unsigned call_count;
static uint16_t last_number;
static uint8_t in[FRAME_MAX];
static size_t in_length;

static void want(void)
{
	loop_want(&source, ended ? 0u : EPOLLIN | (out.length ? EPOLLOUT : 0u));
}

static void flush(void)
{
	while (source.fd >= 0 && !ended && queue_write(&out, source.fd) > 0)
		continue;
	want();
}

static void put(uint8_t type, uint8_t stream, uint16_t number, const uint8_t *payload, size_t length)
{
	uint8_t header[FRAME_HEADER];
	struct queue *queue = holding ? &held : &out;
	frame_header(header, (uint32_t)length, type, stream, number);
	queue_add(queue, header, FRAME_HEADER);
	queue_add(queue, payload, length);
}

void link_open(int fd)
{
	uint8_t bytes[64];
	struct fields fields = {bytes, 0, sizeof bytes};
	fields_number(&fields, "version", PROTOCOL_VERSION);
	fields_number(&fields, "oldest", LINK_OLDEST);
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	source.fd = fd;
	holding = booted = greeted = ended = false;
	last_number = 0;
	in_length = 0;
	put(FRAME_HELLO, 0, 0, bytes, fields.length);
	holding = true;
	flush();
}

bool link_is_open(void)
{
	return source.fd >= 0;
}

bool link_is_greeted(void)
{
	return source.fd >= 0 && greeted;
}

uint64_t link_version(void)
{
	return guest_version;
}

static void free_call(struct call *call)
{
	free(call->reply);
	free(call);
}

void link_close(void)
{
	loop_close(&source);
	queue_free(&out);
	queue_free(&held);
	while (calls) {
		struct call *call = calls;
		calls = call->next;
		call_count--;
		if (call->handler->lost)
			call->handler->lost(call);
		free_call(call);
	}
}

void link_hold(bool hold)
{
	holding = hold;
	if (!hold)
		queue_join(&out, &held);
	flush();
}

static struct call *find_call(uint16_t number)
{
	for (struct call *call = calls; call; call = call->next)
		if (call->number == number)
			return call;
	return NULL;
}

struct call *link_call(uint8_t type, const uint8_t *payload, size_t length, const struct call_handler *handler)
{
	if (source.fd < 0 || call_count == LINK_CALLS_MAX || out.length + held.length > WAITING_MAX)
		return NULL;
	struct call *call = calloc(1, sizeof *call);
	if (!call)
		abort();
	do
		last_number = last_number == UINT16_MAX ? 1 : last_number + 1;
	while (find_call(last_number));
	call->number = last_number;
	call->type = type;
	call->handler = handler;
	call->window = call->credit = WINDOW;
	call->next = calls;
	calls = call;
	call_count++;
	/* What freezes a guest or thaws it goes past what waits. */
	bool holds = holding;
	if (type == FRAME_FREEZE && greeted)
		holding = false;
	for (;;) {
		size_t part = length < FRAME_PAYLOAD_MAX ? length : FRAME_PAYLOAD_MAX;
		put(type, part < length, call->number, payload, part);
		if (part == length)
			break;
		payload += part;
		length -= part;
	}
	holding = holds;
	flush();
	return call;
}

size_t link_send(struct call *call, const uint8_t *bytes, size_t length)
{
	size_t done = 0;
	while (done < length) {
		size_t part = length - done < call->credit ? length - done : call->credit;
		part = part < FRAME_PAYLOAD_MAX ? part : FRAME_PAYLOAD_MAX;
		if (part == 0 || out.length + held.length > INPUT_LIMIT) {
			call->starved = true;
			break;
		}
		put(FRAME_DATA, STREAM_STDIN, call->number, bytes + done, part);
		call->credit -= (uint32_t)part;
		done += part;
	}
	flush();
	return done;
}

void link_send_eof(struct call *call)
{
	put(FRAME_EOF, STREAM_STDIN, call->number, NULL, 0);
	flush();
}

void link_give(struct call *call, size_t length)
{
	call->owed += (uint32_t)length;
	if (call->owed < CREDIT_PORTION)
		return;
	uint8_t payload[4];
	for (int i = 0; i < 4; i++)
		payload[i] = (uint8_t)(call->owed >> (24 - 8 * i));
	put(FRAME_CREDIT, STREAM_STDOUT, call->number, payload, 4);
	call->window += call->owed;
	call->owed = 0;
	flush();
}

static void feed_starved(void)
{
	for (struct call *call = calls; call; call = call->next) {
		if (!call->starved || call->credit == 0 || out.length + held.length > INPUT_LIMIT)
			continue;
		call->starved = false;
		if (call->handler->room)
			call->handler->room(call);
	}
}

/* Over: no frame may name it any more. */
static void end_call(struct call *call)
{
	struct call **link = &calls;
	while (*link != call)
		link = &(*link)->next;
	*link = call->next;
	call_count--;
	free_call(call);
}

static const char *take_reply(struct call *call, const struct frame *frame)
{
	bool opens, ends;
	if (frame->stream > 1 || !reply_fits(call, frame->type, &opens, &ends))
		return "a reply out of place";
	if (call->reply_length + frame->length > REQUEST_MAX)
		return "a reply that is too long";
	const uint8_t *payload;
	size_t length;
	if (!reply_collect(call, frame, &payload, &length))
		return NULL;
	if (!reply_parses(payload, length))
		return "a reply that does not parse";
	call->open |= opens;
	if (call->handler->reply)
		call->handler->reply(call, frame->type, payload, length);
	/* The handler may have ended the machine, and every call with it. */
	if (source.fd < 0)
		return NULL;
	free(call->reply);
	call->reply = NULL;
	call->reply_length = 0;
	if (ends)
		end_call(call);
	return NULL;
}

static const char *take_data(struct call *call, const struct frame *frame)
{
	if (!call->open || frame->stream > STREAM_STDERR || !call->wants[frame->stream] || frame->length == 0)
		return "output out of place";
	if (frame->length > call->window)
		return "more output than the window allows";
	call->window -= frame->length;
	return call->handler->data(call, frame->stream, frame->payload, frame->length) ? NULL : "output out of place";
}

static const char *take_eof(struct call *call, const struct frame *frame)
{
	if (!call->open || frame->length || frame->stream > STREAM_STDERR)
		return "an end of stream out of place";
	bool *flows = frame->stream == STREAM_STDIN ? &call->input : &call->wants[frame->stream];
	if (!*flows)
		return "an end of stream out of place";
	*flows = false;
	call->input_ended |= frame->stream == STREAM_STDIN;
	if (call->handler->eof)
		call->handler->eof(call, frame->stream);
	return NULL;
}

static const char *take_credit(struct call *call, const struct frame *frame)
{
	if (!call->open || frame->length != 4 || frame->stream != STREAM_STDIN)
		return "credit out of place";
	if (frame_u32(frame->payload) > WINDOW - call->credit)
		return "more credit than it was sent";
	call->credit += frame_u32(frame->payload);
	return NULL;
}

static const char *take_hello(const struct frame *frame)
{
	size_t offset = 0;
	struct field field;
	uint64_t version = 0, oldest = 0;
	bool guest = false;
	if (greeted)
		return "a second greeting";
	while (field_next(frame->payload, frame->length, &offset, &field) > 0) {
		if (strcmp(field.key, "version") == 0 && !field_number(&field, UINT32_MAX, &version))
			return "a greeting that does not parse";
		if (strcmp(field.key, "oldest") == 0 && !field_number(&field, UINT32_MAX, &oldest))
			return "a greeting that does not parse";
		guest |= strcmp(field.key, "supervisor") == 0 && strcmp(field.value, "guest") == 0;
	}
	if (!guest || version < LINK_OLDEST || oldest > PROTOCOL_VERSION)
		return "a greeting of another version";
	greeted = true;
	guest_version = version;
	link_hold(false);
	machine_greeted();
	lookups_greeted();
	return NULL;
}

static const char *take_event(const struct frame *frame)
{
	if (frame->type == FRAME_HELLO)
		return take_hello(frame);
	if (frame->length == 0 && frame->type == FRAME_BOOTED && !booted && !greeted) {
		booted = true;
		return NULL;
	}
	if (frame->length || frame->type != FRAME_OOM || !greeted)
		return "an event out of place";
	clients_oom();
	return NULL;
}

/* What is wrong with the frame, or NULL. */
static const char *take_frame(const struct frame *frame)
{
	if (frame->channel == 0)
		return take_event(frame);
	struct call *call = find_call(frame->channel);
	if (!call || !greeted)
		return "a frame on a channel that is not open";
	if (call->reply && frame->type != call->reply_type)
		return "a frame in the middle of a reply";
	switch (frame->type) {
	case FRAME_DATA:
		return take_data(call, frame);
	case FRAME_EOF:
		return take_eof(call, frame);
	case FRAME_CREDIT:
		return take_credit(call, frame);
	default:
		return take_reply(call, frame);
	}
}

static void parse(void)
{
	size_t used = 0;
	const char *wrong = NULL;
	while (!wrong && source.fd >= 0) {
		struct frame frame;
		long size = frame_parse(in + used, in_length - used, &frame);
		if (size == 0)
			break;
		wrong = size < 0 ? "a frame longer than 65536 bytes" : take_frame(&frame);
		used += size > 0 ? (size_t)size : 0;
	}
	in_length -= used;
	memmove(in, in + used, in_length);
	if (!wrong || source.fd < 0)
		return;
	char text[128];
	snprintf(text, sizeof text, "the guest broke the session protocol: %s", wrong);
	machine_broken(text);
}

/* True when something came. */
static bool receive(void)
{
	ssize_t count = read(source.fd, in + in_length, sizeof in - in_length);
	/* QEMU is gone, or about to be; why is said when it is reaped. */
	if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) {
		ended = true;
		want();
	}
	if (count <= 0)
		return false;
	in_length += (size_t)count;
	parse();
	return true;
}

static void link_ready(struct source *ready, uint32_t events)
{
	(void)ready;
	if (events & EPOLLOUT)
		flush();
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		receive();
	feed_starved();
}

void link_drain(void)
{
	while (source.fd >= 0 && !ended && receive())
		continue;
}
