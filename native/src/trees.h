/* Mounts that the daemon made and that are nowhere yet: a descriptor each. */
#ifndef HULL_TREES_H
#define HULL_TREES_H

#include <stdbool.h>

#define TREES_MAX 512

/* Puts them on `<run_dir>/trees/0`, `1`, … of this mount namespace and closes them. False with errno. */
bool trees_place(const char *run_dir, int first, unsigned count);

/* Puts the /dev/shm of a container's process on `<run_dir>/trees/shm`, the same and no copy. False with errno. */
bool trees_place_memory(const char *run_dir, int pid);

/* Puts one on a path of a process's mount namespace, made where it is missing. 0 or an errno. */
int trees_put_into(int pid, const char *target, int tree);

/* Takes what is mounted at a path there away; `lazy` also when it is in use. 0 or an errno. */
int trees_take_from(int pid, const char *target, bool lazy);

#endif
