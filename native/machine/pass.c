/* Requests that only the guest can answer, and its answers. */
#include <stdlib.h>
#include <string.h>

#include "channel.h"
#include "client.h"
#include "files.h"
#include "guest.h"
#include "link.h"
#include "lookups.h"
#include "machine.h"
#include "task.h"

static void client_left(struct channel *channel)
{
	struct call *call = channel->owner;
	call->owner = NULL;
}

/* The client's channel, if it is still there; nobody is told of its end any more. */
static struct channel *take_channel(struct call *call)
{
	struct channel *channel = call->owner;
	call->owner = NULL;
	if (channel)
		channel->left = NULL;
	return channel;
}

static void answered(struct call *call, uint8_t type, const uint8_t *payload, size_t length)
{
	struct channel *channel = take_channel(call);
	if (!channel)
		return;
	for (; length > FRAME_PAYLOAD_MAX; payload += FRAME_PAYLOAD_MAX, length -= FRAME_PAYLOAD_MAX)
		channel_push(channel, type, 1, payload, FRAME_PAYLOAD_MAX);
	channel_push_final(channel, type, payload, length);
}

static void lost(struct call *call)
{
	struct channel *channel = take_channel(call);
	if (!channel)
		return;
	if (call->type == FRAME_SIGNAL || call->type == FRAME_RESIZE)
		return channel_push_error(channel, "not_found", "the process is not running");
	channel_push_error(channel, "unavailable", task.error[0] ? task.error : "the machine has ended");
}

/* What was asked of a process ended with it. */
static void process_lost(struct call *call)
{
	struct channel *channel = take_channel(call);
	if (channel)
		channel_push_error(channel, "not_found", "the process is not running");
}

static const struct call_handler passed = {.reply = answered, .lost = lost};
static const struct call_handler passed_to_process = {.reply = answered, .lost = process_lost};

static bool has_field(const uint8_t *payload, size_t length, const char *key, const char *value)
{
	size_t offset = 0;
	struct field field;
	while (field_next(payload, length, &offset, &field) > 0)
		if (strcmp(field.key, key) == 0 && (!value || strcmp(field.value, value) == 0))
			return true;
	return false;
}

static void refuse(struct client *client, uint8_t type, uint16_t number)
{
	if (type == FRAME_SIGNAL || type == FRAME_RESIZE)
		return client_reply_error(client, number, "not_found", "the process is not running");
	if (task.prepare_error)
		return client_reply_error(client, number, "runtime_failed", task.prepare_error);
	client_reply_error(client, number, "conflict",
			   task.prepared ? "the machine has ended" : "the machine is not prepared");
}

static void pass(struct client *client, uint8_t type, uint16_t number, const uint8_t *payload, size_t length)
{
	if (!link_is_open())
		return refuse(client, type, number);
	if (type == FRAME_FREEZE && !link_is_greeted())
		return client_reply_error(client, number, "conflict", "the guest has not answered yet");
	struct channel *channel = channel_open(client, number, CHANNEL_PASSED);
	if (!channel)
		return;
	bool to_process = type == FRAME_SIGNAL || type == FRAME_RESIZE;
	struct call *call = link_call(type, payload, length, to_process ? &passed_to_process : &passed);
	if (!call)
		return channel_push_error(channel, "unavailable", "too many requests wait for the guest");
	call->owner = channel;
	channel->owner = call;
	channel->left = client_left;
	if (type == FRAME_FREEZE)
		link_hold(has_field(payload, length, "on", NULL));
	if (type == FRAME_SIGNAL && has_field(payload, length, "signal", "9") && !has_field(payload, length, "exec", NULL))
		machine_killed();
}

bool guest_request(struct client *client, uint8_t type, uint16_t channel, const uint8_t *payload, size_t length)
{
	switch (type) {
	case FRAME_FILES:
		files_mount(client, channel, length);
		return true;
	case FRAME_NAMES:
		lookups_serve(client, channel, payload, length);
		return true;
	case FRAME_SIGNAL:
	case FRAME_RESIZE:
	case FRAME_CONFIGURE:
	case FRAME_GUEST_PREPARE:
	case FRAME_STATS:
	case FRAME_PROCESSES:
	case FRAME_UPDATE:
	case FRAME_FREEZE:
		pass(client, type, channel, payload, length);
		return true;
	default:
		return false;
	}
}
