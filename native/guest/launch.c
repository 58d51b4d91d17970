#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "child.h"
#include "groups.h"
#include "loop.h"
#include "text.h"

#define MESSAGE_MAX 4096

enum { REPORT_ERROR = 'E', REPORT_TERMINAL = 'T', REPORT_EXECUTING = 'X' };

struct start {
	struct start *next;
	struct process *process;
	pid_t pid;
	struct source report;
	char *error;
	bool executing;
	bool reaped;
	int wait_status;
};

static struct start *starts;

void report_error(int report, const char *message)
{
	char text[MESSAGE_MAX];
	int length = snprintf(text, sizeof text, "%c%s", REPORT_ERROR, message);
	send(report, text, (size_t)length < sizeof text ? (size_t)length : sizeof text - 1, MSG_NOSIGNAL);
}

void report_executing(int report)
{
	char kind = REPORT_EXECUTING;
	send(report, &kind, 1, MSG_NOSIGNAL);
}

union control {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(sizeof(int))];
};

void report_terminal(int report, int master)
{
	char kind = REPORT_TERMINAL;
	struct iovec part = {&kind, 1};
	union control control;
	memset(&control, 0, sizeof control);
	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(sizeof master);
	memcpy(CMSG_DATA(&control.header), &master, sizeof master);
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
	sendmsg(report, &message, MSG_NOSIGNAL);
}

static void finish(struct start *start)
{
	struct start **link = &starts;
	while (*link != start)
		link = &(*link)->next;
	*link = start->next;
	loop_close(&start->report);
	struct process *process = start->process;
	char *error = start->error;
	if (!error && !start->executing)
		error = text_message("the process ended before it could execute its program");
	if (error) {
		launch_failed(process, error);
	} else {
		process_started(process, start->pid);
		launch_succeeded(process);
		if (start->reaped)
			process_reaped(process, start->wait_status);
	}
	free(start);
}

static void report_ready(struct source *source, uint32_t events)
{
	(void)events;
	struct start *start = container_of(source, struct start, report);
	char text[MESSAGE_MAX];
	struct iovec part = {text, sizeof text - 1};
	union control control;
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
	ssize_t count = recvmsg(source->fd, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	if (count < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (count <= 0)
		return finish(start);
	text[count] = 0;
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	if (text[0] == REPORT_TERMINAL && header && header->cmsg_type == SCM_RIGHTS) {
		int master;
		memcpy(&master, CMSG_DATA(header), sizeof master);
		process_take_console(start->process, master);
	} else if (text[0] == REPORT_EXECUTING) {
		start->executing = true;
	} else if (text[0] == REPORT_ERROR && !start->error) {
		start->error = text_message("%s", text + 1);
	}
}

/* The children of an exec are born into the container's process namespace; ours stays what it is. */
static pid_t fork_into(pid_t leader, int group)
{
	int theirs = leader > 0 ? child_open_namespace(leader, "pid") : -1;
	if (theirs >= 0 && setns(theirs, CLONE_NEWPID) < 0) {
		close(theirs);
		return -1;
	}
	struct clone_args arguments = {.exit_signal = SIGCHLD};
	if (group >= 0) {
		arguments.flags = CLONE_INTO_CGROUP;
		arguments.cgroup = (unsigned)group;
	}
	pid_t pid = (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
	int error = errno;
	if (pid != 0 && theirs >= 0) {
		int ours = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
		setns(ours, CLONE_NEWPID);
		close(ours);
	}
	if (theirs >= 0)
		close(theirs);
	errno = error;
	return pid;
}

static pid_t fork_first(const struct spec *spec, int group)
{
	struct clone_args arguments = {.exit_signal = SIGCHLD, .flags = CLONE_NEWNS};
	arguments.flags |= spec->pid_namespace ? CLONE_NEWPID : 0;
	arguments.flags |= spec->ipc_namespace ? CLONE_NEWIPC : 0;
	arguments.flags |= spec->uts_namespace ? CLONE_NEWUTS : 0;
	if (group >= 0) {
		arguments.flags |= CLONE_INTO_CGROUP;
		arguments.cgroup = (unsigned)group;
	}
	return (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
}

static void close_all(int fds[3])
{
	for (int i = 0; i < 3; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

bool launch(struct process *process, const struct spec *spec, const struct program *program, int stdio[3])
{
	int report[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, report) < 0) {
		close_all(stdio);
		return false;
	}
	bool first = process_is_init(process);
	struct child child = {
		.spec = spec,
		.program = program,
		.first = first,
		.terminal = process->terminal,
		.leader = first ? 0 : task_leader(),
		.columns = process->columns,
		.rows = process->rows,
		.report = report[1],
		.stdio = stdio,
	};
	int group = groups_open(!first && spec->machine);
	pid_t pid = first ? fork_first(spec, group) : fork_into(child.leader, group);
	if (pid == 0)
		child_run(&child);
	int error = errno;
	if (group >= 0)
		close(group);
	close(report[1]);
	close_all(stdio);
	if (pid < 0) {
		close(report[0]);
		errno = error;
		return false;
	}
	struct start *start = calloc(1, sizeof *start);
	if (!start)
		abort();
	*start = (struct start){.next = starts, .process = process, .pid = pid, .report = {.fd = report[0], .ready = report_ready}};
	starts = start;
	process->status = PROCESS_STARTING;
	loop_want(&start->report, EPOLLIN);
	return true;
}

bool launch_reaped(pid_t pid, int wait_status)
{
	for (struct start *start = starts; start; start = start->next) {
		if (start->pid != pid)
			continue;
		start->reaped = true;
		start->wait_status = wait_status;
		return true;
	}
	return false;
}
