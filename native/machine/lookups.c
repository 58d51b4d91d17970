#include "lookups.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "client.h"
#include "link.h"
#include "loop.h"
#include "queue.h"
#include "task.h"

/* How often a hull-names that is not there is looked for: a new one is started within a moment, if at all. */
#define RETRY_MS 100u
#define RETRY_MAX_MS 3200u
#define FRAME_ALL (2 + 65535)
#define GUEST_OLDEST 3

static void server_ready(struct source *source, uint32_t events);
static void retry(struct timer *timer);

static struct source server = {.fd = -1, .ready = server_ready};
static struct timer retrying = {.fire = retry};
static unsigned retry_ms = RETRY_MS;
static struct call *call;
static char path[PATH_MAX];
/* To hull-names. The guest's credit for it is given back when it has gone, so that it never is more than a window. */
static struct queue out;
static size_t owed;
/* The frame of the guest's that is coming: its length's bytes, what of it is missing, and whether it has a taker. */
static uint8_t head[2];
static size_t head_length;
static size_t missing;
static bool dropped;
/* A frame of hull-names', as it comes and then as the guest takes it. */
static uint8_t in[FRAME_ALL];
static size_t in_length;
static size_t in_sent;

static void retry_later(void)
{
	timer_set(&retrying, retry_ms);
	retry_ms = retry_ms < RETRY_MAX_MS ? 2 * retry_ms : RETRY_MAX_MS;
}

static void want(void)
{
	loop_want(&server, (in_sent ? 0u : EPOLLIN) | (out.length ? EPOLLOUT : 0u));
}

static void give_back(void)
{
	if (call && owed)
		link_give(call, owed);
	owed = 0;
}

/* What was asked of it is lost, as datagrams may be; the next connection begins with a whole frame. */
static void lose_server(void)
{
	loop_close(&server);
	queue_free(&out);
	give_back();
	dropped = missing > 0 || head_length > 0;
	if (!in_sent)
		in_length = 0;
	if (call)
		retry_later();
}

/* Through a descriptor of its folder: the path may be longer than an address holds. */
static bool connect_server(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char folder[PATH_MAX];
	char *slash = strrchr(path, '/');
	snprintf(folder, sizeof folder, "%.*s/", (int)(slash - path), path);
	int directory = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0)
		return false;
	snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", directory, slash + 1);
	server.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool connected = server.fd >= 0 && connect(server.fd, (struct sockaddr *)&address, sizeof address) == 0;
	close(directory);
	if (connected)
		return true;
	loop_close(&server);
	return false;
}

static void retry(struct timer *timer)
{
	(void)timer;
	if (!call || server.fd >= 0)
		return;
	if (!connect_server())
		return retry_later();
	queue_add(&out, "machine ", 8);
	queue_add(&out, task.id, strlen(task.id));
	queue_add(&out, "\n", 1);
	want();
}

static void send_guest(void)
{
	if (!call || in_length < 2)
		return;
	in_sent += link_send(call, in + in_sent, in_length - in_sent);
	if (in_sent == in_length)
		in_sent = in_length = 0;
	want();
}

/* False when the connection is over. */
static bool receive(void)
{
	size_t whole = in_length < 2 ? 2 : 2 + ((size_t)in[0] << 8 | in[1]);
	ssize_t count = recv(server.fd, in + in_length, whole - in_length, MSG_DONTWAIT);
	if (count <= 0)
		return count < 0 && (errno == EAGAIN || errno == EINTR);
	in_length += (size_t)count;
	if (in_length > 2 && in_length == 2 + ((size_t)in[0] << 8 | in[1])) {
		retry_ms = RETRY_MS;
		send_guest();
	}
	return true;
}

static void server_ready(struct source *source, uint32_t events)
{
	if ((events & EPOLLOUT) && queue_write(&out, source->fd) < 0)
		return lose_server();
	if (out.length == 0)
		give_back();
	if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) && !in_sent && !receive())
		return lose_server();
	want();
}

static void take_part(const uint8_t *bytes, size_t length)
{
	if (!dropped)
		queue_add(&out, bytes, length);
}

static bool question_came(struct call *from, uint8_t stream, const uint8_t *bytes, size_t length)
{
	(void)from;
	(void)stream;
	owed += length;
	while (length) {
		if (missing == 0) {
			if (head_length == 0)
				dropped = server.fd < 0;
			head[head_length++] = *bytes;
			take_part(bytes++, 1);
			length--;
			if (head_length == 2) {
				missing = (size_t)head[0] << 8 | head[1];
				head_length = 0;
			}
			continue;
		}
		size_t part = missing < length ? missing : length;
		take_part(bytes, part);
		missing -= part;
		bytes += part;
		length -= part;
	}
	if (out.length == 0)
		give_back();
	want();
	return true;
}

static void over(void)
{
	call = NULL;
	timer_clear(&retrying);
	loop_close(&server);
	queue_free(&out);
	owed = in_length = in_sent = head_length = missing = 0;
	retry_ms = RETRY_MS;
}

static void replied(struct call *from, uint8_t type, const uint8_t *payload, size_t length)
{
	(void)from;
	(void)payload;
	(void)length;
	if (type == FRAME_OK)
		retry(&retrying);
	else
		over();
}

static void room(struct call *from)
{
	(void)from;
	if (in_sent)
		send_guest();
}

static void lost(struct call *from)
{
	(void)from;
	over();
}

static const struct call_handler on_names = {.reply = replied, .data = question_came, .room = room, .lost = lost};

/* False when too much is under way. */
static bool open_call(void)
{
	if (call)
		return true;
	call = link_call(FRAME_NAMES, NULL, 0, &on_names);
	if (call)
		call->input = call->wants[STREAM_STDOUT] = true;
	return call != NULL;
}

void lookups_greeted(void)
{
	if (path[0] && link_version() >= GUEST_OLDEST)
		open_call();
}

void lookups_serve(struct client *client, uint16_t channel, const uint8_t *payload, size_t length)
{
	size_t offset = 0;
	struct field field;
	const char *socket = NULL;
	int more;
	while ((more = field_next(payload, length, &offset, &field)) > 0) {
		if (strcmp(field.key, "socket") != 0)
			return client_reply_error(client, channel, "invalid_argument", "unknown field of names");
		socket = field.value;
	}
	if (more < 0)
		return client_fail(client, "field list does not parse");
	if (!socket || socket[0] != '/' || strlen(socket) >= sizeof path || strlen(strrchr(socket, '/')) > 64)
		return client_reply_error(client, channel, "invalid_argument", "invalid value of field socket");
	if (!link_is_open())
		return client_reply_error(client, channel, "conflict", "the machine does not run");
	if (link_is_greeted() && link_version() < GUEST_OLDEST)
		return client_reply_error(client, channel, "not_implemented", "the machine was saved by an engine without names");
	strcpy(path, socket);
	if (link_is_greeted() && !open_call())
		return client_reply_error(client, channel, "unavailable", "too many requests wait for the guest");
	client_reply(client, channel, FRAME_OK, NULL, 0);
}
