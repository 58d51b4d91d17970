#include "loop.h"

#include <errno.h>
#include <unistd.h>

#include "clock.h"

#define BATCH 32

static int epoll_fd = -1;
static struct timer *timers;
static struct epoll_event pending[BATCH];
static int pending_count;

bool loop_open(void)
{
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	return epoll_fd >= 0;
}

/* A handler may end another source that this round of events still names. */
static void forget_pending(const struct source *source)
{
	for (int i = 0; i < pending_count; i++)
		if (pending[i].data.ptr == source)
			pending[i].data.ptr = NULL;
}

void loop_want(struct source *source, uint32_t events)
{
	if (source->events == events || source->fd < 0)
		return;
	struct epoll_event event = {.events = events, .data.ptr = source};
	if (events == 0) {
		epoll_ctl(epoll_fd, EPOLL_CTL_DEL, source->fd, NULL);
		forget_pending(source);
	} else if (source->events == 0) {
		epoll_ctl(epoll_fd, EPOLL_CTL_ADD, source->fd, &event);
	} else {
		epoll_ctl(epoll_fd, EPOLL_CTL_MOD, source->fd, &event);
	}
	source->events = events;
}

void loop_close(struct source *source)
{
	if (source->fd < 0)
		return;
	loop_want(source, 0);
	close(source->fd);
	source->fd = -1;
}

void timer_set(struct timer *timer, uint64_t delay_ms)
{
	timer->due_ms = clock_ms() + delay_ms;
	if (timer->armed)
		return;
	timer->armed = true;
	timer->next = timers;
	timers = timer;
}

void timer_clear(struct timer *timer)
{
	if (!timer->armed)
		return;
	struct timer **link = &timers;
	while (*link != timer)
		link = &(*link)->next;
	*link = timer->next;
	timer->armed = false;
}

static int wait_ms(int max_wait_ms)
{
	if (!timers)
		return max_wait_ms;
	uint64_t now = clock_ms();
	uint64_t first = timers->due_ms;
	for (struct timer *timer = timers->next; timer; timer = timer->next)
		if (timer->due_ms < first)
			first = timer->due_ms;
	uint64_t wait = first > now ? first - now : 0;
	if (wait > 3600000)
		wait = 3600000;
	return max_wait_ms >= 0 && (uint64_t)max_wait_ms < wait ? max_wait_ms : (int)wait;
}

/* Any timer may be cleared or set by the one that fires: start over after each. */
static void fire_timers(void)
{
	if (!timers)
		return;
	uint64_t now = clock_ms();
	for (struct timer *timer = timers; timer;) {
		if (timer->due_ms > now) {
			timer = timer->next;
			continue;
		}
		timer_clear(timer);
		timer->fire(timer);
		timer = timers;
	}
}

void loop_turn(int max_wait_ms)
{
	int count = epoll_wait(epoll_fd, pending, BATCH, wait_ms(max_wait_ms));
	pending_count = count > 0 ? count : 0;
	for (int i = 0; i < pending_count; i++) {
		struct source *source = pending[i].data.ptr;
		if (source)
			source->ready(source, pending[i].events);
	}
	pending_count = 0;
	fire_timers();
}
