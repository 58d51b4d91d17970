/* Bytes that wait to be written, in memory that grows with them. */
#ifndef HULL_QUEUE_H
#define HULL_QUEUE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct queue {
	uint8_t *bytes;
	size_t start;
	size_t length;
	size_t capacity;
};

void queue_add(struct queue *queue, const void *bytes, size_t length);

/* Moves everything of the second behind the first. */
void queue_join(struct queue *queue, struct queue *other);

/* Writes what the descriptor takes: bytes written, 0 when it takes none now, -1 with errno. */
ssize_t queue_write(struct queue *queue, int fd);

void queue_free(struct queue *queue);

#endif
