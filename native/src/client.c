#include "client.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "clock.h"
#include "dispatch.h"
#include "task.h"

#define OUT_SIZE (256u << 10)
/* Output stops here, so that replies find room behind it. */
#define OUT_DATA_LIMIT (160u << 10)
/* Requests are read only while the longest reply would fit. */
#define OUT_REQUEST_LIMIT (OUT_SIZE - FRAME_MAX - 4096)
#define FAILED_LINGER_MS 2000

static struct client *clients;
static unsigned client_count;
/* 0: a client may take what waits for it whenever it likes. */
static uint64_t patience_ms;

static void client_ready(struct source *source, uint32_t events);
static void linger_over(struct timer *timer);

static void say_hello(struct client *client)
{
	uint8_t bytes[1024];
	struct fields fields = {bytes, 0, sizeof bytes};
	fields_number(&fields, "version", PROTOCOL_VERSION);
	fields_number(&fields, "oldest", PROTOCOL_OLDEST);
	fields_text(&fields, "id", task.id);
	fields_number(&fields, "pid", (uint64_t)getpid());
	fields_text(&fields, "supervisor", "shim");
	client_reply(client, 0, FRAME_HELLO, bytes, fields.length);
}

void client_accept(int fd)
{
	struct client *client = client_count < CLIENTS_MAX ? calloc(1, sizeof *client) : NULL;
	uint8_t *buffers = client ? malloc(FRAME_MAX + OUT_SIZE) : NULL;
	if (!buffers) {
		free(client);
		close(fd);
		return;
	}
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	client->source = (struct source){.fd = fd, .ready = client_ready};
	client->linger.fire = linger_over;
	client->in = buffers;
	client->out = buffers + FRAME_MAX;
	client->progress_ms = clock_ms();
	client->next = clients;
	clients = client;
	client_count++;
	say_hello(client);
	loop_want(&client->source, EPOLLIN);
}

bool client_greeted(struct client *client)
{
	bool first = !client->greeted;
	client->greeted = true;
	return first;
}

static void append(struct client *client, const uint8_t *bytes, size_t length)
{
	if (length == 0)
		return;
	if (client->out_start + client->out_length + length > OUT_SIZE) {
		memmove(client->out, client->out + client->out_start, client->out_length);
		client->out_start = 0;
	}
	memcpy(client->out + client->out_start + client->out_length, bytes, length);
	client->out_length += length;
}

bool client_has_room(const struct client *client, size_t length, bool data)
{
	size_t limit = data ? OUT_DATA_LIMIT : OUT_SIZE;
	return client->out_length + FRAME_HEADER + length <= limit;
}

static bool would_block(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

bool client_put(struct client *client, const uint8_t *header, const uint8_t *payload, size_t length)
{
	bool data = header[4] == FRAME_DATA;
	if (!client_has_room(client, length, data))
		return false;
	size_t sent = 0;
	/* Output goes to the socket straight from the buffer that it was read into. */
	if (data && client->out_length == 0) {
		struct iovec parts[2] = {{(void *)(uintptr_t)header, FRAME_HEADER}, {(void *)(uintptr_t)payload, length}};
		ssize_t count = writev(client->source.fd, parts, 2);
		if (count < 0 && !would_block()) {
			client->dead = true;
			return true;
		}
		if (count > 0) {
			sent = (size_t)count;
			client->progress_ms = clock_ms();
		}
	}
	if (sent < FRAME_HEADER) {
		append(client, header + sent, FRAME_HEADER - sent);
		append(client, payload, length);
	} else {
		append(client, payload + (sent - FRAME_HEADER), length - (sent - FRAME_HEADER));
	}
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

void client_refuse(struct client *client, const char *code, const char *message)
{
	if (client->failed)
		return;
	client_reply_error(client, 0, code, message);
	client->failed = true;
	timer_set(&client->linger, FAILED_LINGER_MS);
}

void client_fail(struct client *client, const char *message)
{
	client_refuse(client, "invalid_argument", message);
}

static void parse(struct client *client)
{
	size_t used = 0;
	while (!client->failed && !client->dead && client->out_length <= OUT_REQUEST_LIMIT) {
		struct frame frame;
		long size = frame_parse(client->in + used, client->in_length - used, &frame);
		if (size < 0)
			client_fail(client, "frame longer than 65536 bytes");
		if (size <= 0)
			break;
		used += (size_t)size;
		dispatch_frame(client, &frame);
	}
	if (client->failed) {
		client->in_length = 0;
	} else if (used) {
		client->in_length -= used;
		memmove(client->in, client->in + used, client->in_length);
	}
}

static void client_ready(struct source *source, uint32_t events)
{
	struct client *client = container_of(source, struct client, source);
	if (events & EPOLLERR)
		client->dead = true;
	if (client->dead || client->read_ended || !(events & (EPOLLIN | EPOLLHUP)))
		return;
	ssize_t count = read(source->fd, client->in + client->in_length, FRAME_MAX - client->in_length);
	if (count < 0 && would_block())
		return;
	if (count < 0)
		client->dead = true;
	else if (count == 0 && client->in_length < FRAME_MAX)
		client->read_ended = true;
	else
		client->in_length += (size_t)count;
	parse(client);
}

static bool is_delivered(const struct client *client)
{
	return !client->channels && client->out_length == 0;
}

static void linger_over(struct timer *timer)
{
	struct client *client = container_of(timer, struct client, linger);
	uint64_t idle = clock_ms() - client->progress_ms;
	uint64_t limit = is_delivered(client) ? NO_PROGRESS_MS : patience_ms;
	if (client->failed || (limit && idle >= limit))
		client->dead = true;
	else if (limit)
		timer_set(timer, limit - idle);
}

/* True when bytes were taken. */
static bool flush(struct client *client)
{
	if (client->out_length == 0 || client->dead)
		return false;
	ssize_t count = write(client->source.fd, client->out + client->out_start, client->out_length);
	if (count < 0 && !would_block())
		client->dead = true;
	if (count <= 0)
		return false;
	client->progress_ms = clock_ms();
	client->out_start += (size_t)count;
	client->out_length -= (size_t)count;
	if (client->out_length == 0)
		client->out_start = 0;
	return true;
}

static void free_ended_channels(struct client *client, bool all)
{
	struct channel **link = &client->channels;
	while (*link) {
		struct channel *channel = *link;
		if (!all && !channel->ended) {
			link = &channel->next;
			continue;
		}
		*link = channel->next;
		client->channel_count--;
		channel_leave(channel);
		channel_free(channel);
	}
}

static void shut_down(struct client *client)
{
	if (client->shut)
		return;
	shutdown(client->source.fd, SHUT_WR);
	client->shut = true;
}

static void settle(struct client *client)
{
	bool moved = true;
	while (moved && !client->dead) {
		moved = false;
		if (client->in_length)
			parse(client);
		if (!client->failed && !client->read_ended)
			for (struct channel *channel = client->channels; channel; channel = channel->next)
				moved |= channel_settle(channel);
		moved |= flush(client);
	}
	free_ended_channels(client, client->failed || client->read_ended || client->dead);
	if (client->dead)
		return;
	if (client->failed && client->out_length == 0)
		shut_down(client);
	/* Its last byte is read: while the container runs there is nothing to stay connected for. */
	bool running = task.status == TASK_STARTING || task.status == TASK_RUNNING;
	if (client->read_ended && (client->failed || running) && client->out_length == 0)
		client->dead = true;
	bool readable = !client->read_ended && client->in_length < FRAME_MAX;
	loop_want(&client->source, (readable ? EPOLLIN : 0u) | (client->out_length ? EPOLLOUT : 0u));
}

static void client_free(struct client *client)
{
	free_ended_channels(client, true);
	timer_clear(&client->linger);
	loop_close(&client->source);
	dispatch_forget(client);
	free(client->in);
	free(client);
	client_count--;
}

void clients_settle(void)
{
	struct client **link = &clients;
	while (*link) {
		struct client *client = *link;
		settle(client);
		if (!client->dead) {
			link = &client->next;
			continue;
		}
		*link = client->next;
		client_free(client);
	}
}

void clients_oom(void)
{
	uint8_t header[FRAME_HEADER];
	frame_header(header, 0, FRAME_OOM, 0, 0);
	for (struct client *client = clients; client; client = client->next)
		if (!client->failed)
			client_put(client, header, NULL, 0);
}

bool clients_none(void)
{
	for (struct client *client = clients; client; client = client->next)
		if (!client->read_ended && !client->failed)
			return false;
	return true;
}

void clients_cut_off(uint64_t idle_ms)
{
	patience_ms = idle_ms;
}

bool clients_leave(void)
{
	for (struct client *client = clients; client; client = client->next) {
		bool delivered = is_delivered(client);
		if (!client->linger.armed && (delivered || patience_ms))
			timer_set(&client->linger, delivered ? NO_PROGRESS_MS : patience_ms);
		if (!delivered)
			continue;
		shut_down(client);
		if (client->read_ended)
			client->dead = true;
	}
	clients_settle();
	return !clients;
}
