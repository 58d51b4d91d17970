#include "channel.h"

#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "clock.h"
#include "process.h"

/* Credit is given back in such portions, so that typing does not cost a frame per key. */
#define CREDIT_PORTION (WINDOW / 4)

struct channel *channel_open(struct client *client, uint16_t number, enum channel_kind kind)
{
	struct channel *channel = client->channel_count < CHANNELS_MAX ? calloc(1, sizeof *channel) : NULL;
	if (!channel) {
		client_reply_error(client, number, "unavailable", "too many channels on one connection");
		return NULL;
	}
	channel->client = client;
	channel->number = number;
	channel->kind = kind;
	channel->credit = WINDOW;
	channel->progress_ms = clock_ms();
	spill_init(&channel->spill);
	channel->next = client->channels;
	client->channels = channel;
	client->channel_count++;
	return channel;
}

void channel_join(struct channel *channel, struct process *process, const bool wants[3])
{
	memcpy(channel->wants, wants, sizeof channel->wants);
	channel->process = process;
	if (wants[STREAM_STDIN])
		channel->input = process_open_input(process, channel);
	struct channel **link = &process->channels;
	while (*link)
		link = &(*link)->next_of_process;
	*link = channel;
}

void channel_push(struct channel *channel, uint8_t type, uint8_t stream, const uint8_t *payload, size_t length)
{
	struct client *client = channel->client;
	if (channel->ended || channel->final || channel->overflowed || client->dead || client->failed)
		return;
	uint8_t header[FRAME_HEADER];
	frame_header(header, (uint32_t)length, type, stream, channel->number);
	bool allowed = type != FRAME_DATA || length <= channel->credit;
	if (spill_empty(&channel->spill) && allowed && client_put(client, header, payload, length)) {
		if (type == FRAME_DATA)
			channel->credit -= (uint32_t)length;
		channel->progress_ms = client->progress_ms;
		return;
	}
	bool was_full = spill_full(&channel->spill);
	/* The file of a full channel is not written for output; a reply or an end finds room in its last frame. */
	if (!spill_append(&channel->spill, header, payload, length))
		channel->overflowed = true;
	/* Until now it held nobody up, however slow it was. */
	if (!was_full && spill_full(&channel->spill))
		channel->progress_ms = clock_ms();
}

void channel_push_final(struct channel *channel, uint8_t type, const uint8_t *payload, size_t length)
{
	channel_push(channel, type, 0, payload, length);
	channel->final = true;
	if (spill_empty(&channel->spill) && !channel->overflowed)
		channel->ended = true;
}

void channel_push_error(struct channel *channel, const char *code, const char *message)
{
	uint8_t bytes[20480];
	struct fields fields = {bytes, 0, sizeof bytes};
	size_t length = strlen(message);
	fields_text(&fields, "code", code);
	fields_bytes(&fields, "message", message, length < 16384 ? length : 16384);
	channel_push_final(channel, FRAME_ERROR, bytes, fields.length);
}

bool channel_is_full(const struct channel *channel)
{
	return !channel->ended && !channel->overflowed && spill_full(&channel->spill);
}

bool channel_is_exhausted(const struct channel *channel)
{
	return !channel->ended && !channel->overflowed && spill_exhausted(&channel->spill);
}

/* The backlog goes, the client is told why. False while it has no room for even that. */
static bool cut_off(struct channel *channel, const char *code, const char *message)
{
	if (!client_has_room(channel->client, 1024, false))
		return false;
	channel_leave(channel);
	spill_free(&channel->spill);
	client_reply_error(channel->client, channel->number, code, message);
	channel->ended = true;
	return true;
}

static void give_credit(struct channel *channel)
{
	if (channel->input_owed < CREDIT_PORTION || !client_has_room(channel->client, 4, false))
		return;
	uint8_t frame[FRAME_HEADER + 4];
	uint32_t bytes = channel->input_owed;
	frame_header(frame, 4, FRAME_CREDIT, STREAM_STDIN, channel->number);
	for (int i = 0; i < 4; i++)
		frame[FRAME_HEADER + i] = (uint8_t)(bytes >> (24 - 8 * i));
	client_put(channel->client, frame, frame + FRAME_HEADER, 4);
	channel->input_taken -= bytes;
	channel->input_owed = 0;
}

bool channel_settle(struct channel *channel)
{
	static uint8_t frame[FRAME_MAX];
	if (channel->ended)
		return false;
	if (!channel->final)
		give_credit(channel);
	if (channel->overflowed)
		return cut_off(channel, "no_space", "no space left for the output that an attached client did not read");
	/* Behind its last frame it holds nobody up. */
	if (spill_full(&channel->spill) && !channel->final && clock_ms() - channel->progress_ms >= NO_PROGRESS_MS)
		return cut_off(channel, "timed_out", "an attached client read nothing for 10 s with 64 MiB waiting for it");
	if (spill_empty(&channel->spill))
		return false;
	uint32_t length;
	if (!spill_peek(&channel->spill, frame, &length)) {
		channel->overflowed = true;
		return true;
	}
	bool data = frame[4] == FRAME_DATA;
	if ((data && length > channel->credit) || !client_has_room(channel->client, length, data))
		return false;
	if (!spill_take(&channel->spill, frame, FRAME_HEADER + length)) {
		channel->overflowed = true;
		return true;
	}
	client_put(channel->client, frame, frame + FRAME_HEADER, length);
	if (data)
		channel->credit -= length;
	channel->progress_ms = clock_ms();
	if (channel->process)
		process_resume(channel->process);
	if (channel->final && spill_empty(&channel->spill))
		channel->ended = true;
	return true;
}

void channel_leave(struct channel *channel)
{
	if (channel->left)
		channel->left(channel);
	channel->left = NULL;
	struct process *process = channel->process;
	if (!process)
		return;
	struct channel **link = &process->channels;
	while (*link != channel)
		link = &(*link)->next_of_process;
	*link = channel->next_of_process;
	channel->process = NULL;
	/* Who leaves a terminal types nothing: the shell in it goes on, as after Docker's detach keys. */
	bool once = channel->kind == CHANNEL_EXEC || process->stdin_once;
	if (channel->input)
		process_release_input(channel->input, once && !process->terminal);
	channel->input = NULL;
	process_resume(process);
}

void channel_free(struct channel *channel)
{
	spill_free(&channel->spill);
	free(channel);
}

bool channel_data(struct channel *channel, const uint8_t *bytes, size_t length)
{
	if (!channel->wants[STREAM_STDIN] || length > WINDOW - channel->input_taken)
		return false;
	channel->input_taken += (uint32_t)length;
	if (channel->receive)
		channel->receive(channel, bytes, length);
	else if (channel->input)
		process_write(channel->input, bytes, length);
	else
		channel->input_owed += (uint32_t)length;
	return true;
}

bool channel_eof(struct channel *channel)
{
	if (!channel->wants[STREAM_STDIN])
		return false;
	if (channel->input)
		process_end_input(channel->input, true);
	return true;
}

bool channel_credit(struct channel *channel, uint32_t bytes)
{
	if (bytes > WINDOW - channel->credit)
		return false;
	channel->credit += bytes;
	channel->progress_ms = clock_ms();
	return true;
}
