/* One request and what belongs to it: replies, attached streams, credit. */
#ifndef HULL_CHANNEL_H
#define HULL_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "frame.h"
#include "spill.h"

/* The guest, whose one client waits for others, never cuts it off. */
#ifndef NO_PROGRESS_MS
#define NO_PROGRESS_MS 10000
#endif

enum channel_kind { CHANNEL_START, CHANNEL_WAIT, CHANNEL_ATTACH, CHANNEL_EXEC, CHANNEL_FILES, CHANNEL_NAMES, CHANNEL_PASSED };

struct client;
struct input;
struct process;

struct channel {
	struct client *client;
	/* In the client's list. */
	struct channel *next;
	struct process *process;
	/* In the process's list. */
	struct channel *next_of_process;
	uint16_t number;
	enum channel_kind kind;
	/* Streams attached to. */
	bool wants[3];
	/* Output that the client may still be sent. */
	uint32_t credit;
	/* Frames behind which every later one must queue. */
	struct spill spill;
	uint64_t progress_ms;
	/* The final reply is in the spill file or sent. */
	bool final;
	/* Over: freed when the round of events is done. */
	bool ended;
	/* The disk did not take the backlog. */
	bool overflowed;
	/* Takes what the client sends, when no process does; the credit is its to give back. */
	void (*receive)(struct channel *channel, const uint8_t *bytes, size_t length);
	/* Told that the channel ends, when something else than a process answers it. */
	void (*left)(struct channel *channel);
	void *owner;
	/* When stdin is attached. */
	struct input *input;
	/* Taken from the client and not given back as credit. */
	uint32_t input_taken;
	uint32_t input_owed;
};

struct channel *channel_open(struct client *client, uint16_t number, enum channel_kind kind);

/* Puts the channel on a process, with the streams wanted. */
void channel_join(struct channel *channel, struct process *process, const bool wants[3]);

/* Sends a frame behind everything before it, now or as soon as the client takes it. */
void channel_push(struct channel *channel, uint8_t type, uint8_t stream, const uint8_t *payload, size_t length);
/* The same for the last frame of the channel. */
void channel_push_final(struct channel *channel, uint8_t type, const uint8_t *payload, size_t length);
void channel_push_error(struct channel *channel, const char *code, const char *message);

/* Moves one frame of the backlog along, gives credit back, cuts off what is stuck. True when something moved. */
bool channel_settle(struct channel *channel);

/* Output may not be read on: the backlog is full. */
bool channel_is_full(const struct channel *channel);
/* Not one byte more. */
bool channel_is_exhausted(const struct channel *channel);

/* Lets go of the process: as the client's leaving, stdin-once included. Idempotent. */
void channel_leave(struct channel *channel);

/* Unlinks nothing from the client: the client's sweep does that. */
void channel_free(struct channel *channel);

/* Frames from the client. False: the client broke the protocol. */
bool channel_data(struct channel *channel, const uint8_t *bytes, size_t length);
bool channel_eof(struct channel *channel);
bool channel_credit(struct channel *channel, uint32_t bytes);

#endif
