/* Running the OCI runtime: run, exec, delete. */
#ifndef HULL_RUNTIME_H
#define HULL_RUNTIME_H

#include <stdbool.h>
#include <sys/types.h>

struct process;

/*
 * Runs the container (for the first process) or an exec, with the three descriptors (closed here). The outcome comes
 * as task_started, task_start_failed, exec_started or exec_failed. False (errno) when it could not be begun.
 */
bool runtime_run(struct process *process, int stdio[3], const char *exec_json);

/* Deletes the container's state and what is left of its processes; the outcome comes as task_deleted. */
bool runtime_delete(void);

/* The runtime has left state of this container behind. */
bool runtime_has_state(void);

/* Reaps runtimes that have ended. Before any other child is reaped: they name their container's process. */
void runtime_reap(void);

/* Keeps the end of a child that nobody knows yet, for as long as a runtime may still name it. */
void runtime_orphan(pid_t pid, int wait_status);

#endif
