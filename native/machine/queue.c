#include "queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What stays allocated while nothing waits. */
#define KEPT (64u << 10)

static void make_room(struct queue *queue, size_t length)
{
	if (queue->start + queue->length + length <= queue->capacity)
		return;
	if (queue->start)
		memmove(queue->bytes, queue->bytes + queue->start, queue->length);
	queue->start = 0;
	if (queue->length + length <= queue->capacity)
		return;
	size_t capacity = queue->capacity ? queue->capacity : KEPT;
	while (capacity < queue->length + length)
		capacity *= 2;
	uint8_t *grown = realloc(queue->bytes, capacity);
	if (!grown)
		abort();
	queue->bytes = grown;
	queue->capacity = capacity;
}

void queue_add(struct queue *queue, const void *bytes, size_t length)
{
	if (length == 0)
		return;
	make_room(queue, length);
	memcpy(queue->bytes + queue->start + queue->length, bytes, length);
	queue->length += length;
}

void queue_join(struct queue *queue, struct queue *other)
{
	queue_add(queue, other->bytes + other->start, other->length);
	queue_free(other);
}

ssize_t queue_write(struct queue *queue, int fd)
{
	if (queue->length == 0)
		return 0;
	ssize_t count = write(fd, queue->bytes + queue->start, queue->length);
	if (count < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	queue->start += (size_t)count;
	queue->length -= (size_t)count;
	if (queue->length == 0) {
		queue->start = 0;
		if (queue->capacity > KEPT)
			queue_free(queue);
	}
	return count;
}

void queue_free(struct queue *queue)
{
	free(queue->bytes);
	*queue = (struct queue){0};
}
