#include "inheritance.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stddef.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define JOIN_SESSION_KEYRING 1
#define IOPRIO_WHO_PROCESS 1
#define IOPRIO_CLASS_SHIFT 13
#define IOPRIO_REALTIME 1
#define IOPRIO_BEST_EFFORT 2
#define IOPRIO_NORMAL_LEVEL 4
#define DEFAULT_TIMER_SLACK_NS 50000

static void drop_io_precedence(void)
{
	long priority = syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, 0);
	long class = priority >> IOPRIO_CLASS_SHIFT, level = priority & ((1 << IOPRIO_CLASS_SHIFT) - 1);
	if (class == IOPRIO_REALTIME || (class == IOPRIO_BEST_EFFORT && level < IOPRIO_NORMAL_LEVEL))
		syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, 0);
}

static void drop_precedence(void)
{
	/* By number: musl has these calls, but only to say that it does not. */
	struct sched_param normal = {0};
	long policy = syscall(SYS_sched_getscheduler, 0);
	if (policy != SCHED_BATCH && policy != SCHED_IDLE)
		syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, &normal);
	errno = 0;
	if (getpriority(PRIO_PROCESS, 0) < 0 && errno == 0)
		setpriority(PRIO_PROCESS, 0, 0);
	drop_io_precedence();
}

/* Which memory a core dump has: the kernel's default, without what is mapped from files. */
static void default_core_dumps(void)
{
	int filter = open("/proc/self/coredump_filter", O_WRONLY | O_CLOEXEC);
	if (filter >= 0 && write(filter, "0x33", 4) < 0)
		errno = 0;
	if (filter >= 0)
		close(filter);
}

void inheritance_drop(void)
{
	syscall(SYS_keyctl, JOIN_SESSION_KEYRING, NULL);
	personality(PER_LINUX);
	prctl(PR_SET_TIMERSLACK, DEFAULT_TIMER_SLACK_NS);
	default_core_dumps();
	drop_precedence();
}
