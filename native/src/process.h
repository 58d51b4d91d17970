/* One supervised process: the container's first or an exec; its streams and its end. */
#ifndef HULL_PROCESS_H
#define HULL_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "clock.h"
#include "loop.h"

#define EXEC_ID_MAX 128

enum process_status {
	PROCESS_NEW,
	PROCESS_STARTING,
	PROCESS_RUNNING,
	/* Reaped; its streams are read to their end. */
	PROCESS_DRAINING,
	PROCESS_ENDED,
};

struct channel;
struct process;

/* Stands in for our ends of the pipes of a process that runs in a guest. */
struct remote {
	/* Bytes of stdin taken now; stdin_ready is called when there is room for more. */
	size_t (*write)(struct process *process, const uint8_t *bytes, size_t length);
	/* Stdin takes no more, or, on a terminal, the end-of-file character is to be typed. */
	void (*end_input)(struct process *process);
	/* Output may flow again. */
	void (*resume)(struct process *process);
	/* Nothing more of it is wanted; comes once or more often before it is freed. */
	void (*forget)(struct process *process);
};

/* What one client has sent for stdin and is not written yet; outlives its channel until it is. */
struct input {
	struct input *next;
	struct process *process;
	/* NULL once the client has left. */
	struct channel *channel;
	/* A ring of WINDOW bytes. */
	uint8_t *ring;
	size_t start;
	size_t length;
	/* Stdin is to be closed behind the last byte. */
	bool ends;
};

struct process {
	struct process *next;
	/* Empty for the container's first process. */
	char id[EXEC_ID_MAX + 1];
	enum process_status status;
	bool terminal;
	bool stdin_open;
	bool stdin_once;
	/* Its terminal is hung up and opened again while it runs, as a machine's init does. */
	bool reopens;
	/* Its output is not read for the time being. */
	bool held;
	pid_t pid;
	int exit_code;
	uint16_t columns;
	uint16_t rows;
	/* NULL: its streams are descriptors of ours. */
	const struct remote *remote;
	/* The remote's own. */
	void *remote_state;
	/* Our end of its stdin. */
	struct source input;
	struct input *inputs;
	/* Stdin takes no more. */
	bool input_closed;
	/* Our ends of stdout and stderr, by stream number; a terminal has the first only. */
	struct source output[3];
	/* Attached and waiting channels. */
	struct channel *channels;
	struct timer drain;
	/* While a client that is full holds reading up. */
	struct timer stall;
	char started_at[RFC3339_MAX];
	char finished_at[RFC3339_MAX];
	/* Somebody was told how it ended. */
	bool told;
};

void process_init(struct process *process, const char *id);

/* Makes the child's three descriptors, /dev/null where `wanted` is false. A terminal's come with the console. */
bool process_open_stdio(struct process *process, const bool wanted[3], int child[3]);

/* Takes the terminal's master over and gives it the size that was asked for. */
void process_take_console(struct process *process, int console);

/* It runs. */
void process_started(struct process *process, pid_t pid);

/* From now on its streams are read and written: not before, lest a failing runtime's own words count as output. */
void process_open_streams(struct process *process);

void process_reaped(struct process *process, int wait_status);

/* A remote process wrote something, will write no more there, or has ended (what it wrote may still come). */
void process_deliver(struct process *process, uint8_t stream, const uint8_t *bytes, size_t length);
void process_end_output(struct process *process, uint8_t stream);
void process_exited(struct process *process, int exit_code);
/* All that it wrote has come. */
void process_drained(struct process *process);

/* No more of its output may be taken for now. */
bool process_blocked(const struct process *process);

/* Closes what is open; the process never started or its record is dropped. */
void process_close(struct process *process);

/* Opens a way to stdin for a channel. */
struct input *process_open_input(struct process *process, struct channel *channel);
/* Writes what stdin takes and keeps the rest. The caller holds the client to its window. */
void process_write(struct input *input, const uint8_t *bytes, size_t length);
/* Nothing more comes: with `close`, stdin is ended behind the last byte. */
void process_end_input(struct input *input, bool close);
/* The channel is leaving; what it sent is still written. */
void process_release_input(struct input *input, bool close);

/* Stops reading its output, or takes it up again. */
void process_hold(struct process *process, bool hold);

/* Takes up reading again where a full channel had stopped it. */
void process_resume(struct process *process);

/* Sets the terminal's size, or keeps it for the start. */
void process_resize(struct process *process, uint16_t columns, uint16_t rows);

static inline bool process_is_init(const struct process *process)
{
	return process->id[0] == 0;
}

/* How `wait` sees it: 0 to 255, 128 + n when a signal ended it. */
int exit_code_of(int wait_status);

#endif
