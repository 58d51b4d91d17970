#include "files.h"

#include <string.h>

#include "channel.h"
#include "client.h"
#include "fuse.h"
#include "link.h"
#include "task.h"

/* What has come and is not answered yet; the credit of the rest is kept back, so that it never is more. */
static uint8_t pending[WINDOW];
static size_t pending_length;
/* Aligned for the structures in them. */
static uint8_t message[FUSE_MESSAGE_MAX] __attribute__((aligned(8)));
static uint8_t answer[FUSE_MESSAGE_MAX] __attribute__((aligned(8)));
static struct channel *open_channel;

static void send_answer(struct channel *channel, size_t length)
{
	for (size_t at = 0; at < length;) {
		size_t part = length - at < FRAME_PAYLOAD_MAX ? length - at : FRAME_PAYLOAD_MAX;
		channel_push(channel, FRAME_DATA, STREAM_STDOUT, answer + at, part);
		at += part;
	}
}

/* The length of the first message when it is whole, 0 when it is not; false when it can never be valid. */
static bool measure(size_t *length)
{
	uint32_t announced;
	*length = 0;
	if (pending_length < sizeof(struct fuse_in_header))
		return true;
	memcpy(&announced, pending, sizeof announced);
	if (announced <= pending_length)
		*length = announced;
	return announced >= sizeof(struct fuse_in_header) && announced <= sizeof message;
}

void files_settle(void)
{
	struct channel *channel = open_channel;
	size_t used = 0, length;
	/* A change to a frozen file system would wait for the thaw that it is we who make. */
	while (channel && !channel->ended && !channel_is_full(channel) && !link_is_frozen()) {
		if (!measure(&length))
			return client_fail(channel->client, "file message that is too short or too long");
		if (!length)
			break;
		memcpy(message, pending, length);
		pending_length -= length;
		memmove(pending, pending + length, pending_length);
		used += length;
		send_answer(channel, fuse_answer(message, length, answer));
	}
	if (channel)
		channel->input_owed += (uint32_t)used;
}

static void receive(struct channel *channel, const uint8_t *bytes, size_t length)
{
	(void)channel;
	memcpy(pending + pending_length, bytes, length);
	pending_length += length;
	files_settle();
}

void files_open(struct client *client, uint16_t number)
{
	if (!task.prepared)
		return client_reply_error(client, number, "conflict", "files without prepare");
	struct channel *channel = channel_open(client, number, CHANNEL_FILES);
	if (!channel)
		return;
	/* What was open on a channel before is over: there is one mount. */
	if (open_channel)
		channel_push_final(open_channel, FRAME_CLOSED, NULL, 0);
	open_channel = channel;
	fuse_reset();
	pending_length = 0;
	channel->wants[STREAM_STDIN] = channel->wants[STREAM_STDOUT] = true;
	channel->receive = receive;
	channel_push(channel, FRAME_OK, 0, NULL, 0);
}

void files_close(void)
{
	if (!open_channel)
		return;
	channel_push_final(open_channel, FRAME_CLOSED, NULL, 0);
	open_channel = NULL;
	fuse_reset();
}

void files_forget(const struct channel *channel)
{
	if (channel != open_channel)
		return;
	open_channel = NULL;
	fuse_reset();
}
