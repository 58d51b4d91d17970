/* Starting a process of the container: what the child does between fork and exec. */
#ifndef HULL_GUEST_CHILD_H
#define HULL_GUEST_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "spec.h"

struct child {
	const struct spec *spec;
	const struct program *program;
	/* The container's first process, which makes the container; the others join the namespaces of `leader`. */
	bool first;
	bool terminal;
	pid_t leader;
	uint16_t columns;
	uint16_t rows;
	int report;
	const int *stdio;
};

void child_run(const struct child *child) __attribute__((noreturn));

/* /proc/<pid>/ns/<name>; -1 with errno. */
int child_open_namespace(pid_t pid, const char *name);

/* The process whose namespaces are the container's; 0 when there is none. */
pid_t task_leader(void);

#endif
