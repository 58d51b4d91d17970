/* The container's control group (v2): its limits and readings. */
#ifndef HULL_GUEST_GROUPS_H
#define HULL_GUEST_GROUPS_H

#include <stdbool.h>

#include "frame.h"
#include "spec.h"

/* As the kernel names it, below /sys/fs/cgroup. */
#define GROUP_PATH "/container"

/* Makes the group. False with errno. */
bool groups_make(void);

/*
 * Its folder, for clone3; -1 with errno. Below it there is another one for the execs of a machine, whose init divides
 * the group up so that it can have no processes itself.
 */
int groups_open(bool below);

/* Sets the limits that are set. A message (to be freed) or NULL. */
char *groups_limit(const struct limits *limits);

/* Stops all that is in it. A message (to be freed), and it goes on, or NULL. */
char *groups_freeze(void);
void groups_thaw(void);

/* Removes the group, which nothing is in. */
void groups_remove(void);

/* Kills all that is in it. */
void groups_kill(void);

/* The readings of STATS. */
void groups_read(struct fields *fields);

/* The processes in the group and below it, in `pids`; how many there are, at most `max`. */
size_t groups_processes(pid_t *pids, size_t max);

#endif
