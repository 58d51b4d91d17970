#include "dispatch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "channel.h"
#include "client.h"
#include "request.h"
#include "spill.h"

/* Collects a request that is continued over several frames; true when it is whole. */
static bool collect(struct client *client, const struct frame *frame, const uint8_t **payload, size_t *length)
{
	*payload = frame->payload;
	*length = frame->length;
	if (frame->stream == 0 && !client->request)
		return true;
	size_t total = client->request_length + frame->length;
	uint8_t *grown = total <= REQUEST_MAX ? realloc(client->request, total ? total : 1) : NULL;
	if (!grown) {
		client_fail(client, "request is too long");
		return false;
	}
	memcpy(grown + client->request_length, frame->payload, frame->length);
	client->request = grown;
	client->request_length = total;
	client->request_type = frame->type;
	client->request_channel = frame->channel;
	*payload = grown;
	*length = total;
	return frame->stream == 0;
}

void dispatch_forget(struct client *client)
{
	free(client->request);
	client->request = NULL;
	client->request_length = 0;
}

static struct channel *find_channel(const struct client *client, uint16_t number)
{
	for (struct channel *channel = client->channels; channel; channel = channel->next)
		if (channel->number == number && !channel->ended)
			return channel;
	return NULL;
}

static void take_request(struct client *client, const struct frame *frame)
{
	if (frame->channel == 0)
		return client_fail(client, "request on channel 0");
	if (frame->stream > 1)
		return client_fail(client, "request with a stream");
	if (client->request && (client->request_type != frame->type || client->request_channel != frame->channel))
		return client_fail(client, "request in the middle of a continued one");
	if (find_channel(client, frame->channel))
		return client_fail(client, "request on a channel in use");
	const uint8_t *payload;
	size_t length;
	if (!collect(client, frame, &payload, &length))
		return;
	request_handle(client, frame->type, frame->channel, payload, length);
	dispatch_forget(client);
}

static void close_channel(struct channel *channel)
{
	channel_leave(channel);
	/* What is queued is no longer wanted. */
	spill_free(&channel->spill);
	if (!channel->final)
		client_reply(channel->client, channel->number, FRAME_CLOSED, NULL, 0);
	channel->ended = true;
}

/* DATA, EOF, CREDIT and CLOSE; for a channel that is over they crossed its final reply. */
static void take_stream_frame(struct client *client, const struct frame *frame)
{
	if (frame->channel == 0)
		return client_fail(client, "stream frame on channel 0");
	struct channel *channel = find_channel(client, frame->channel);
	bool valid = true;
	switch (frame->type) {
	case FRAME_DATA:
		valid = frame->stream == STREAM_STDIN && (!channel || channel_data(channel, frame->payload, frame->length));
		break;
	case FRAME_EOF:
		valid = frame->stream == STREAM_STDIN && frame->length == 0 && (!channel || channel_eof(channel));
		break;
	case FRAME_CREDIT:
		valid = frame->stream == STREAM_STDOUT && frame->length == 4 &&
			(!channel || channel_credit(channel, frame_u32(frame->payload)));
		break;
	default:
		valid = frame->length == 0;
		if (valid && channel)
			close_channel(channel);
	}
	if (!valid)
		client_fail(client, "stream frame against the rules (stream, length or window)");
}

static void take_hello(struct client *client, const struct frame *frame)
{
	if (frame->channel != 0)
		return client_fail(client, "hello out of place");
	size_t offset = 0;
	struct field field;
	uint64_t version = 0, oldest = 0;
	int more;
	while ((more = field_next(frame->payload, frame->length, &offset, &field)) > 0) {
		if (strcmp(field.key, "version") == 0 && !field_number(&field, UINT32_MAX, &version))
			return client_fail(client, "hello: version is no number");
		if (strcmp(field.key, "oldest") == 0 && !field_number(&field, UINT32_MAX, &oldest))
			return client_fail(client, "hello: oldest is no number");
	}
	if (more < 0 || version == 0)
		return client_fail(client, "hello without a version");
	if (version < PROTOCOL_OLDEST || oldest > PROTOCOL_VERSION) {
		char text[128];
		snprintf(text, sizeof text, "session protocol versions %llu to %llu are not spoken here, only %d to %d",
			 (unsigned long long)oldest, (unsigned long long)version, PROTOCOL_OLDEST, PROTOCOL_VERSION);
		return client_refuse(client, "not_implemented", text);
	}
	if (!client_greeted(client))
		client_fail(client, "hello out of place");
}

void dispatch_frame(struct client *client, const struct frame *frame)
{
	if (!frame_is_from_client(frame->type))
		return client_fail(client, "frame of unknown type");
	if (frame->type == FRAME_HELLO)
		return take_hello(client, frame);
	if (!client->greeted)
		return client_fail(client, "the first frame is not hello");
	if (frame->type < FRAME_PREPARE)
		return take_stream_frame(client, frame);
	take_request(client, frame);
}
