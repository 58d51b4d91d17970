#include "give_back.h"

#include <errno.h>
#include <string.h>

#include "devices.h"
#include "loop.h"
#include "text.h"

/* To find a driver takes some milliseconds by translation, which a container that is soon over need not wait for. */
#define DELAY_MS 1000

static void bind_balloon(struct timer *timer)
{
	(void)timer;
	if (!devices_bind(BUS_BALLOON))
		text_complain("free memory cannot be given back: %s", strerror(errno));
}

static struct timer delay = {.fire = bind_balloon};

void give_back_free_memory(void)
{
	timer_set(&delay, DELAY_MS);
}
