/* The guest's one container, beyond what src/task.h says of it. */
#ifndef HULL_GUEST_TASK_H
#define HULL_GUEST_TASK_H

#include <stdbool.h>

#include "live_shares.h"
#include "process.h"
#include "spec.h"

/* An exec's own field list, kept while it starts. */
struct exec {
	struct process process;
	uint8_t *bytes;
	struct program program;
};

/* What an init ends with when its machine was to be restarted, as systemd-nspawn has it. */
#define EXIT_RESTART 133

/* Reads the spec and mounts the root. A message (to be freed) or NULL; the code of the error in `code`. */
char *guest_task_prepare(const uint8_t *list, size_t length, const char **code);

const struct spec *guest_task_spec(void);

/* Changes what is shared with the host. A message (to be freed) with the code of the error, or NULL. */
char *guest_task_share(const struct live_share *share, const char **code);

/* Reads init's output only while somebody takes it. Called whenever a channel joins or leaves it. */
void guest_task_settle(void);

/*
 * Stops everything that writes to the disk or the link and leaves what is shared with the host, or lets it go on. A
 * message (to be freed) or NULL; the code of a freeze's error in `code`.
 */
char *guest_task_freeze(const char **code);
char *guest_task_thaw(void);

/* The container has ended and everybody was told. */
bool guest_task_is_over(void);

#endif
