/* One epoll loop: descriptors and timers. */
#ifndef HULL_LOOP_H
#define HULL_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>

/* A descriptor and who is called when it is ready. Embedded in its owner. */
struct source {
	int fd;
	uint32_t events;
	void (*ready)(struct source *source, uint32_t events);
};

/* Called once when due. Embedded in its owner. */
struct timer {
	uint64_t due_ms;
	bool armed;
	void (*fire)(struct timer *timer);
	struct timer *next;
};

/* False when the kernel has no epoll for us. */
bool loop_open(void);

/*
 * Says which events a source waits for; 0 takes it out of the loop altogether, since epoll would go on reporting a
 * hang-up to somebody who does not want to read yet. Nothing pending is delivered after that.
 */
void loop_want(struct source *source, uint32_t events);

/* Takes the source out and closes its descriptor. Safe for a source that is closed already (fd -1). */
void loop_close(struct source *source);

void timer_set(struct timer *timer, uint64_t delay_ms);
void timer_clear(struct timer *timer);

/* Waits for something to happen, at most max_wait_ms (-1: any time), and calls whom it concerns. */
void loop_turn(int max_wait_ms);

#define container_of(pointer, type, member) ((type *)(void *)((char *)(pointer) - offsetof(type, member)))

#endif
