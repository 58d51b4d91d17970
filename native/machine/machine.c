#include "machine.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "file.h"
#include "files.h"
#include "guest.h"
#include "jail.h"
#include "link.h"
#include "loop.h"
#include "tail.h"
#include "task.h"

/* How long a guest may take to sync and power off when its container has ended. */
#define POWER_OFF_MS 5000
/* How long a container may outlive SIGKILL. */
#define KILL_MS 5000

static void boot_over(struct timer *timer);
static void power_off_over(struct timer *timer);
static void kill_over(struct timer *timer);

static pid_t pid;
/* QEMU is reaped: its number may be somebody else's. */
static bool reaped;
static unsigned tap_count;
static int taps[QEMU_TAPS_MAX];
static struct tail console = {.source = {.fd = -1}, .file = -1};
static struct tail complaints = {.source = {.fd = -1}, .file = -1};
static uint64_t boot_timeout_ms;
static bool is_volatile;
static bool restored;
static char restored_at[RFC3339_MAX];
static struct timer boot = {.fire = boot_over};
static struct timer power_off = {.fire = power_off_over};
static struct timer killing = {.fire = kill_over};

void machine_inherit(int first_tap, unsigned count)
{
	tap_count = count;
	for (unsigned i = 0; i < count; i++) {
		taps[i] = first_tap + (int)i;
		fcntl(taps[i], F_SETFD, FD_CLOEXEC);
	}
}

pid_t machine_pid(void)
{
	return pid;
}

const char *machine_restored(void)
{
	return restored ? restored_at : NULL;
}

static void end_qemu(void)
{
	if (pid && !reaped)
		kill(pid, SIGKILL);
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Both ends of everything that QEMU is given. */
struct ends {
	int link[2];
	int console[2];
	int complaints[2];
	int qmp;
};

static bool open_ends(struct ends *ends)
{
	*ends = (struct ends){{-1, -1}, {-1, -1}, {-1, -1}, -1};
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends->link) < 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends->console) < 0 ||
	    pipe2(ends->complaints, O_CLOEXEC) < 0)
		return false;
	ends->qmp = file_listen(task.run_fd, "qmp.sock");
	return ends->qmp >= 0;
}

static void close_ends(struct ends *ends, bool ours)
{
	close_fd(&ends->link[1]);
	close_fd(&ends->console[1]);
	close_fd(&ends->complaints[1]);
	close_fd(&ends->qmp);
	for (unsigned i = 0; i < tap_count; i++)
		close_fd(&taps[i]);
	if (!ours)
		return;
	close_fd(&ends->link[0]);
	close_fd(&ends->console[0]);
	close_fd(&ends->complaints[0]);
}

static char *start(const struct machine_options *options, struct ends *ends)
{
	struct qemu_descriptors descriptors = {
		.link = ends->link[1], .console = ends->console[1], .qmp = ends->qmp,
		.complaints = ends->complaints[1], .tap_count = tap_count,
	};
	memcpy(descriptors.taps, taps, sizeof taps);
	return qemu_start(&options->qemu, &descriptors, &pid);
}

static char *open_failure(void)
{
	char *text = malloc(256);
	if (!text)
		abort();
	snprintf(text, 256, "cannot make the machine's sockets: %s", strerror(errno));
	return text;
}

char *machine_prepare(const struct machine_options *options, const struct mount_request *mounts, size_t mount_count)
{
	struct ends ends;
	struct jail_mounts jail = {mounts, mount_count, options->spare};
	char *error = open_ends(&ends) ? NULL : open_failure();
	if (!error)
		error = jail_build(task.run_fd, task.run_dir, &jail, options->qemu.uid);
	if (!error)
		error = start(options, &ends);
	close_ends(&ends, error != NULL);
	if (error) {
		jail_remove();
		unlinkat(task.run_fd, "qmp.sock", 0);
		return error;
	}
	is_volatile = options->is_volatile;
	restored = options->restored;
	if (options->started_at)
		snprintf(restored_at, sizeof restored_at, "%s", options->started_at);
	boot_timeout_ms = options->boot_timeout_ms ? options->boot_timeout_ms : BOOT_TIMEOUT_MS;
	timer_set(&boot, boot_timeout_ms);
	tail_open(&console, ends.console[0], task.run_fd, "console.log");
	tail_open(&complaints, ends.complaints[0], task.run_fd, NULL);
	link_open(ends.link[0]);
	return NULL;
}

char *machine_claim(bool volatile_disk, const struct mount_request *mounts, size_t mount_count)
{
	is_volatile = volatile_disk;
	return jail_add(task.run_dir, mounts, mount_count);
}

/* The container has ended by itself: nothing that comes later is why. */
static bool is_explained(void)
{
	return task.error[0] || task.init.status > PROCESS_RUNNING;
}

static void explain(const char *why)
{
	if (!is_explained())
		snprintf(task.error, sizeof task.error, "%s", why);
	/* Told to those who still want to start it. */
	if (task.status == TASK_NEW && !task.prepare_error)
		task.prepare_error = strdup(why);
}

static void explain_end(int wait_status)
{
	char line[256], text[TASK_ERROR_MAX];
	if (tail_line(&console, "Kernel panic", line, sizeof line))
		snprintf(text, sizeof text, "the guest kernel panicked: %s", line);
	else if (WIFSIGNALED(wait_status))
		snprintf(text, sizeof text, "qemu was killed by signal %d", WTERMSIG(wait_status));
	else if (killing.armed)
		snprintf(text, sizeof text, "the machine was killed: its guest cannot be reached");
	else if (!tail_line(&complaints, NULL, line, sizeof line))
		snprintf(text, sizeof text, "the machine ended before its container (qemu: %d)", WEXITSTATUS(wait_status));
	else
		snprintf(text, sizeof text, "qemu ended with %d: %s", WEXITSTATUS(wait_status), line);
	explain(text);
}

void machine_greeted(void)
{
	timer_clear(&boot);
}

void machine_broken(const char *why)
{
	explain(why);
	timer_clear(&boot);
	end_qemu();
	link_close();
}

static void boot_over(struct timer *timer)
{
	(void)timer;
	char line[256], text[TASK_ERROR_MAX];
	tail_drain(&console);
	bool said = tail_line(&console, NULL, line, sizeof line);
	snprintf(text, sizeof text, "the guest did not answer within %llu ms%s%s", (unsigned long long)boot_timeout_ms,
		 said ? "; its console ends with: " : "", said ? line : "");
	machine_broken(text);
}

void machine_killed(void)
{
	if (!killing.armed)
		timer_set(&killing, KILL_MS);
}

static void kill_over(struct timer *timer)
{
	(void)timer;
	/* Its output may still be on its way. */
	if (task.init.status <= PROCESS_RUNNING)
		machine_broken("the guest did not end its container within 5 s of SIGKILL");
}

static void power_off_over(struct timer *timer)
{
	(void)timer;
	end_qemu();
}

static void end(void)
{
	timer_clear(&killing);
	if (pid == 0)
		return task_deleted();
	if (is_volatile || task.init.pid == 0)
		end_qemu();
	else
		timer_set(&power_off, POWER_OFF_MS);
}

static void child_reaped(pid_t child, int wait_status)
{
	if (child != pid)
		return;
	reaped = true;
	timer_clear(&boot);
	timer_clear(&power_off);
	/* Its last words may say how the container ended. */
	tail_drain(&console);
	tail_drain(&complaints);
	link_drain();
	explain_end(wait_status);
	timer_clear(&killing);
	pid = 0;
	link_close();
	files_unmount();
	tail_close(&console);
	tail_close(&complaints);
	jail_remove();
	unlinkat(task.run_fd, "qmp.sock", 0);
	if (task.status == TASK_ENDED)
		task_deleted();
}

const struct backend machine_backend = {guest_request, guest_run, end, child_reaped};
