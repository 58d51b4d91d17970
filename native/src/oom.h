/* Kills by the kernel's out-of-memory killer in the container's cgroup (v1, hybrid, v2). */
#ifndef HULL_OOM_H
#define HULL_OOM_H

#include <stdbool.h>
#include <sys/types.h>

/* Begins to watch; `cgroup` is the path asked for (may be NULL), `pid` a process in it. */
void oom_watch(const char *cgroup, pid_t pid);

/* True when there was a kill since. Ends watching. */
bool oom_happened(void);

#endif
