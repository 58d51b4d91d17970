/* What runs the processes when it is no OCI runtime of ours: a machine with a guest in it (`machine.c`). */
#ifndef HULL_BACKEND_H
#define HULL_BACKEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct client;
struct process;

struct backend {
	/* Takes a request that it answers itself; false leaves it to the supervisor. */
	bool (*request)(struct client *client, uint8_t type, uint16_t channel, const uint8_t *payload, size_t length);
	/*
	 * Runs the first process or an exec, whose request these fields are. The outcome comes as with runtime_run.
	 * False with a message to be freed.
	 */
	bool (*run)(struct process *process, const bool wants[3], const uint8_t *payload, size_t length, char **message);
	/* The first process has ended, or did not start: ends the rest. The outcome comes as task_deleted. */
	void (*end)(void);
	/* A child was reaped. */
	void (*reaped)(pid_t pid, int wait_status);
};

#endif
