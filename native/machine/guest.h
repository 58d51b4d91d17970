/* What the guest does for the task: requests passed on to it, the container's processes. */
#ifndef HULL_GUEST_H
#define HULL_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct client;
struct process;

/* As in `struct backend`. */
bool guest_request(struct client *client, uint8_t type, uint16_t channel, const uint8_t *payload, size_t length);
bool guest_run(struct process *process, const bool wants[3], const uint8_t *payload, size_t length, char **message);

#endif
