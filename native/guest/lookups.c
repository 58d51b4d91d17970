#include "lookups.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "channel.h"
#include "client.h"
#include "clock.h"
#include "loop.h"

#define NAME_SERVER 0x7f00000bu
#define DNS_PORT 53
#define HEAD 5
#define MESSAGE_MAX 65532
#define QUESTIONS_MAX 64u
/* Behind every answer that may still come, a failure included. */
#define QUESTION_MS 8000u
#define STREAMS_MAX 32u
#define IDLE_MS 10000u
#define SWEEP_MS 1000u
#define BATCH 32

/* A connection: a question behind its length, then its answer. */
struct connection {
	struct source source;
	uint64_t used_ms;
	uint8_t *bytes;
	size_t got;
	bool waits;
};

/* What is asked and not answered; its tag is its place and how often that was used. */
struct question {
	uint64_t due_ms;
	uint16_t tag;
	struct connection *stream;
	struct sockaddr_in client;
};

static void datagrams_ready(struct source *source, uint32_t events);
static void connections_ready(struct source *source, uint32_t events);
static void sweep(struct timer *timer);

static struct source udp = {.fd = -1, .ready = datagrams_ready};
static struct source tcp = {.fd = -1, .ready = connections_ready};
static struct timer sweeping = {.fire = sweep};
static struct channel *open_channel;
static struct question questions[QUESTIONS_MAX];
static struct connection streams[STREAMS_MAX];
/* An answer that is not whole. */
static uint8_t answer[2 + 65535];
static size_t answer_length;

static size_t u16_at(const uint8_t *bytes)
{
	return (size_t)bytes[0] << 8 | bytes[1];
}

static void put_u16(uint8_t *bytes, size_t number)
{
	bytes[0] = (uint8_t)(number >> 8);
	bytes[1] = (uint8_t)number;
}

static struct question *take_question(void)
{
	uint64_t now = clock_ms();
	for (unsigned i = 0; i < QUESTIONS_MAX; i++) {
		struct question *question = &questions[i];
		if (question->due_ms > now)
			continue;
		uint16_t tag = (uint16_t)(question->tag + QUESTIONS_MAX);
		*question = (struct question){.due_ms = now + QUESTION_MS, .tag = (uint16_t)((tag & ~(QUESTIONS_MAX - 1)) | i)};
		return question;
	}
	return NULL;
}

/* False when nobody can be asked now. `frame` has room for the head before the message. */
static bool ask(uint8_t *frame, size_t length, struct connection *stream, const struct sockaddr_in *client)
{
	struct channel *channel = open_channel;
	if (!channel || channel->ended || channel_is_full(channel) || length > MESSAGE_MAX)
		return false;
	struct question *question = take_question();
	if (!question)
		return false;
	question->stream = stream;
	if (client)
		question->client = *client;
	put_u16(frame, 3 + length);
	put_u16(frame + 2, question->tag);
	frame[4] = stream != NULL;
	size_t whole = HEAD + length;
	for (size_t at = 0; at < whole; at += FRAME_PAYLOAD_MAX)
		channel_push(channel, FRAME_DATA, STREAM_STDOUT, frame + at,
			     whole - at < FRAME_PAYLOAD_MAX ? whole - at : FRAME_PAYLOAD_MAX);
	return true;
}

static void stream_end(struct connection *stream)
{
	for (unsigned i = 0; i < QUESTIONS_MAX; i++)
		if (questions[i].stream == stream)
			questions[i] = (struct question){.tag = questions[i].tag};
	loop_close(&stream->source);
	free(stream->bytes);
	stream->bytes = NULL;
}

static void datagrams_ready(struct source *source, uint32_t events)
{
	(void)events;
	static uint8_t frame[HEAD + 65535];
	for (int i = 0; i < BATCH; i++) {
		struct sockaddr_in client;
		socklen_t size = sizeof client;
		ssize_t length = recvfrom(source->fd, frame + HEAD, sizeof frame - HEAD, MSG_DONTWAIT, (struct sockaddr *)&client, &size);
		if (length < 0)
			return;
		/* What cannot be asked is lost, as any datagram may be. */
		ask(frame, (size_t)length, NULL, &client);
	}
}

static void stream_ready(struct source *source, uint32_t events)
{
	(void)events;
	struct connection *stream = container_of(source, struct connection, source);
	size_t want = stream->got < 2 ? 2 : 2 + u16_at(stream->bytes + HEAD - 2);
	/* The length comes where the head's end will be. */
	ssize_t count = recv(source->fd, stream->bytes + HEAD - 2 + stream->got, want - stream->got, MSG_DONTWAIT);
	if (count < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (count <= 0)
		return stream_end(stream);
	stream->got += (size_t)count;
	stream->used_ms = clock_ms();
	if (stream->got <= 2 || stream->got < 2 + u16_at(stream->bytes + HEAD - 2))
		return;
	/* Nothing more is read before this is answered. */
	loop_want(source, 0);
	size_t length = stream->got - 2;
	stream->waits = true;
	stream->got = 0;
	if (!ask(stream->bytes, length, stream, NULL))
		stream_end(stream);
}

static void connections_ready(struct source *source, uint32_t events)
{
	(void)events;
	int fd = accept4(source->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return;
	for (unsigned i = 0; i < STREAMS_MAX; i++) {
		struct connection *stream = &streams[i];
		if (stream->bytes)
			continue;
		stream->bytes = malloc(HEAD + 65535);
		if (!stream->bytes)
			break;
		stream->source = (struct source){.fd = fd, .ready = stream_ready};
		stream->used_ms = clock_ms();
		stream->got = 0;
		stream->waits = false;
		loop_want(&stream->source, EPOLLIN);
		if (!sweeping.armed)
			timer_set(&sweeping, SWEEP_MS);
		return;
	}
	close(fd);
}

static void sweep(struct timer *timer)
{
	uint64_t now = clock_ms();
	bool any = false;
	for (unsigned i = 0; i < STREAMS_MAX; i++) {
		if (streams[i].bytes && now - streams[i].used_ms > IDLE_MS)
			stream_end(&streams[i]);
		any |= streams[i].bytes != NULL;
	}
	if (any)
		timer_set(timer, SWEEP_MS);
}

/* A client that does not take its answer at once has no more of it. */
static void answer_stream(struct connection *stream, const uint8_t *message, size_t length)
{
	uint8_t head[2];
	put_u16(head, length);
	struct iovec parts[2] = {{head, sizeof head}, {(void *)(uintptr_t)message, length}};
	struct msghdr whole = {.msg_iov = parts, .msg_iovlen = 2};
	stream->waits = false;
	if (length == 0 || sendmsg(stream->source.fd, &whole, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)(length + sizeof head))
		return stream_end(stream);
	stream->used_ms = clock_ms();
	loop_want(&stream->source, EPOLLIN);
}

/* One that comes too late answers nobody. */
static void take_answer(const uint8_t *frame, size_t length)
{
	size_t tag = u16_at(frame + 2);
	struct question *question = &questions[tag % QUESTIONS_MAX];
	if (question->tag != tag || question->due_ms == 0)
		return;
	question->due_ms = 0;
	struct connection *stream = question->stream;
	question->stream = NULL;
	if (stream)
		answer_stream(stream, frame + HEAD, length - HEAD);
	else if (length > HEAD)
		(void)!sendto(udp.fd, frame + HEAD, length - HEAD, MSG_DONTWAIT | MSG_NOSIGNAL,
			      (struct sockaddr *)&question->client, sizeof question->client);
}

static void receive(struct channel *channel, const uint8_t *bytes, size_t length)
{
	channel->input_owed += (uint32_t)length;
	while (length) {
		size_t want = answer_length < 2 ? 2 : 2 + u16_at(answer);
		size_t part = want - answer_length < length ? want - answer_length : length;
		memcpy(answer + answer_length, bytes, part);
		answer_length += part;
		bytes += part;
		length -= part;
		if (answer_length < 2 || answer_length < 2 + u16_at(answer))
			continue;
		if (answer_length < HEAD)
			return client_fail(channel->client, "name message that is too short");
		take_answer(answer, answer_length);
		answer_length = 0;
	}
}

static int open_socket(int type)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_port = htons(DNS_PORT), .sin_addr.s_addr = htonl(NAME_SERVER),
	};
	int on = 1;
	int fd = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/* Name servers of the container's own that bind every address set it, too. */
	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || (type == SOCK_STREAM && listen(fd, 16) < 0)) {
		int error = errno;
		if (fd >= 0)
			close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

static bool open_sockets(void)
{
	if (udp.fd >= 0)
		return true;
	udp.fd = open_socket(SOCK_DGRAM);
	tcp.fd = udp.fd < 0 ? -1 : open_socket(SOCK_STREAM);
	if (tcp.fd < 0) {
		int error = errno;
		loop_close(&udp);
		errno = error;
		return false;
	}
	loop_want(&udp, EPOLLIN);
	loop_want(&tcp, EPOLLIN);
	return true;
}

void lookups_open(struct client *client, uint16_t number)
{
	char text[128];
	if (!open_sockets()) {
		snprintf(text, sizeof text, "cannot serve names at 127.0.0.11: %s", strerror(errno));
		return client_reply_error(client, number, "runtime_failed", text);
	}
	struct channel *channel = channel_open(client, number, CHANNEL_NAMES);
	if (!channel)
		return;
	lookups_close();
	open_channel = channel;
	answer_length = 0;
	channel->wants[STREAM_STDIN] = channel->wants[STREAM_STDOUT] = true;
	channel->receive = receive;
	channel_push(channel, FRAME_OK, 0, NULL, 0);
}

void lookups_close(void)
{
	if (open_channel)
		channel_push_final(open_channel, FRAME_CLOSED, NULL, 0);
	open_channel = NULL;
}

void lookups_forget(const struct channel *channel)
{
	if (channel == open_channel)
		open_channel = NULL;
}
