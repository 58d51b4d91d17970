/* Starting a process of the container: the parent's side. */
#ifndef HULL_GUEST_LAUNCH_H
#define HULL_GUEST_LAUNCH_H

#include <stdbool.h>
#include <sys/types.h>

#include "process.h"
#include "program.h"
#include "spec.h"

/* The end of the socket that a child reports on. */
#define REPORT_NONE (-1)

/*
 * Forks a process into the container, the first with namespaces of its own, an exec into those of the first. Its
 * outcome comes as launch_succeeded or launch_failed. False with errno. The descriptors are closed here.
 */
bool launch(struct process *process, const struct spec *spec, const struct program *program, int stdio[3]);

/* A child was reaped; true when it was one that is being launched. */
bool launch_reaped(pid_t pid, int wait_status);

/* How it went. The message is freed by the receiver. */
void launch_succeeded(struct process *process);
void launch_failed(struct process *process, char *message);

/* In the child: what the parent is told. */
void report_error(int report, const char *message);
void report_terminal(int report, int master);
void report_executing(int report);

#endif
