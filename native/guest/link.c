#include "link.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "dispatch.h"
#include "files.h"
#include "guest_task.h"
#include "lookups.h"
#include "task.h"
#include "text.h"

#define OUT_SIZE (256u << 10)
/* Output stops here, so that replies find room behind it. */
#define OUT_DATA_LIMIT (160u << 10)
/* Requests are read only while the longest reply would fit. */
#define OUT_REQUEST_LIMIT (OUT_SIZE - FRAME_MAX - 4096)
/* How often an unconnected port, which always polls readable, is looked at. */
#define RECONNECT_MS 200

static void port_ready(struct source *source, uint32_t events);
static void look_again(struct timer *timer);

static uint8_t in[FRAME_MAX];
static uint8_t out[OUT_SIZE];
static struct client port = {.source = {.fd = -1, .ready = port_ready}, .in = in, .out = out};
static struct timer reconnect = {.fire = look_again};
static bool frozen;
/* Of what waits to be sent, what was said before the freeze. */
static size_t sent_frozen;

bool link_open(const char *device)
{
	port.source.fd = open(device, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (port.source.fd < 0)
		return false;
	port.progress_ms = clock_ms();
	client_reply(&port, 0, FRAME_BOOTED, NULL, 0);
	loop_want(&port.source, EPOLLIN);
	return true;
}

/* In a copy of the process: the port and what waits for it are the original's. */
void link_forget(void)
{
	close(port.source.fd);
	port.source.fd = -1;
	port.source.events = 0;
	port.channels = NULL;
	port.in_length = port.out_length = 0;
}

int link_descriptor(void)
{
	return port.source.fd;
}

static void say_hello(void)
{
	uint8_t bytes[512];
	struct fields fields = {bytes, 0, sizeof bytes};
	fields_number(&fields, "version", PROTOCOL_VERSION);
	fields_number(&fields, "oldest", PROTOCOL_VERSION);
	fields_text(&fields, "id", task.id);
	fields_number(&fields, "pid", (uint64_t)getpid());
	fields_text(&fields, "supervisor", "guest");
	client_reply(&port, 0, FRAME_HELLO, bytes, fields.length);
}

static void free_ended_channels(bool all)
{
	struct channel **link = &port.channels;
	while (*link) {
		struct channel *channel = *link;
		if (!all && !channel->ended) {
			link = &channel->next;
			continue;
		}
		*link = channel->next;
		port.channel_count--;
		channel_leave(channel);
		files_forget(channel);
		lookups_forget(channel);
		channel_free(channel);
	}
}

/*
 * A second greeting is another supervisor's: what was under way belonged to the first. A freeze ended on a whole frame,
 * so there is no half of one left to finish.
 */
bool client_greeted(struct client *client)
{
	if (client->greeted) {
		task.init.stdin_once = false;
		free_ended_channels(true);
		client->out_start = client->out_length = 0;
		char *message = guest_task_thaw();
		if (message)
			text_complain("%s", message);
		free(message);
	}
	client->greeted = true;
	say_hello();
	return true;
}

void link_freeze(bool freeze)
{
	frozen = freeze;
	sent_frozen = port.out_length;
}

bool link_is_frozen(void)
{
	return frozen;
}

bool link_is_delivered(void)
{
	return !port.channels && port.out_length == 0;
}

void link_finish(void)
{
	fcntl(port.source.fd, F_SETFL, O_RDWR);
	while (port.out_length) {
		ssize_t count = write(port.source.fd, out + port.out_start, port.out_length);
		if (count <= 0)
			return;
		port.out_start += (size_t)count;
		port.out_length -= (size_t)count;
	}
}

static void append(const uint8_t *bytes, size_t length)
{
	if (length == 0)
		return;
	if (port.out_start + port.out_length + length > OUT_SIZE) {
		memmove(out, out + port.out_start, port.out_length);
		port.out_start = 0;
	}
	memcpy(out + port.out_start + port.out_length, bytes, length);
	port.out_length += length;
}

bool client_has_room(const struct client *client, size_t length, bool data)
{
	size_t limit = data ? OUT_DATA_LIMIT : OUT_SIZE;
	return (!data || !frozen) && client->out_length + FRAME_HEADER + length <= limit;
}

/* Everything goes through the buffer: each write to the port costs an exit to the host. */
bool client_put(struct client *client, const uint8_t *header, const uint8_t *payload, size_t length)
{
	if (!client_has_room(client, length, header[4] == FRAME_DATA))
		return false;
	append(header, FRAME_HEADER);
	append(payload, length);
	return true;
}

void client_reply(struct client *client, uint16_t channel, uint8_t type, const uint8_t *payload, size_t length)
{
	uint8_t header[FRAME_HEADER];
	frame_header(header, (uint32_t)length, type, 0, channel);
	client_put(client, header, payload, length);
}

void client_reply_error(struct client *client, uint16_t channel, const char *code, const char *message)
{
	uint8_t bytes[20480];
	struct fields fields = {bytes, 0, sizeof bytes};
	size_t length = strlen(message);
	fields_text(&fields, "code", code);
	fields_bytes(&fields, "message", message, length < 16384 ? length : 16384);
	client_reply(client, channel, FRAME_ERROR, bytes, fields.length);
}

/* There is no connection to close: the supervisor ends the machine. */
void client_refuse(struct client *client, const char *code, const char *message)
{
	if (client->failed)
		return;
	client_reply_error(client, 0, code, message);
	client->failed = true;
}

void client_fail(struct client *client, const char *message)
{
	client_refuse(client, "invalid_argument", message);
}

static bool parse(void)
{
	size_t used = 0;
	while (!port.failed && port.out_length <= OUT_REQUEST_LIMIT) {
		struct frame frame;
		long size = frame_parse(in + used, port.in_length - used, &frame);
		if (size < 0)
			client_fail(&port, "frame longer than 65536 bytes");
		if (size <= 0)
			break;
		used += (size_t)size;
		dispatch_frame(&port, &frame);
	}
	port.in_length = port.failed ? 0 : port.in_length - used;
	if (used)
		memmove(in, in + used, port.in_length);
	return used > 0;
}

static bool would_block(void)
{
	return errno == EAGAIN || errno == EINTR;
}

static void look_again(struct timer *timer)
{
	(void)timer;
	loop_want(&port.source, EPOLLIN);
}

static void port_ready(struct source *source, uint32_t events)
{
	(void)events;
	ssize_t count = read(source->fd, in + port.in_length, FRAME_MAX - port.in_length);
	if (count > 0) {
		port.in_length += (size_t)count;
		return;
	}
	if (count < 0 && would_block() && !(events & EPOLLHUP))
		return;
	loop_want(source, 0);
	timer_set(&reconnect, RECONNECT_MS);
}

static bool flush(void)
{
	size_t length = frozen ? sent_frozen : port.out_length;
	ssize_t count = length ? write(port.source.fd, out + port.out_start, length) : 0;
	if (count <= 0)
		return false;
	sent_frozen -= frozen ? (size_t)count : 0;
	port.progress_ms = clock_ms();
	port.out_start += (size_t)count;
	port.out_length -= (size_t)count;
	if (port.out_length == 0)
		port.out_start = 0;
	return true;
}

void clients_settle(void)
{
	bool moved = true;
	while (moved) {
		moved = port.in_length && parse();
		if (!port.failed && !frozen)
			for (struct channel *channel = port.channels; channel; channel = channel->next)
				moved |= channel_settle(channel);
		moved |= flush();
	}
	free_ended_channels(port.failed);
	if (reconnect.armed)
		return;
	bool readable = port.in_length < FRAME_MAX;
	bool sends = frozen ? sent_frozen > 0 : port.out_length > 0;
	loop_want(&port.source, (readable ? EPOLLIN : 0u) | (sends ? EPOLLOUT : 0u));
}

void clients_oom(void)
{
	uint8_t header[FRAME_HEADER];
	frame_header(header, 0, FRAME_OOM, 0, 0);
	if (port.greeted && !port.failed)
		client_put(&port, header, NULL, 0);
}
