#include "rehearse.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "devices.h"
#include "frame.h"
#include "groups.h"
#include "guest_task.h"
#include "launch.h"
#include "link.h"
#include "loop.h"
#include "network.h"
#include "task.h"
#include "text.h"

#define MESSAGE_MAX 1024

bool rehearse_wanted(const uint8_t *list, size_t length)
{
	size_t offset = 0;
	struct field field;
	while (field_next(list, length, &offset, &field) > 0)
		if (strcmp(field.key, "rehearsal") == 0)
			return strcmp(field.value, "1") == 0;
	return false;
}

static char *run_to_the_end(void)
{
	int stdio[3] = {-1, -1, -1}, status;
	static const bool wanted[3] = {false, true, true};
	const struct spec *spec = guest_task_spec();
	if (!process_open_stdio(&task.init, wanted, stdio) || !launch(&task.init, spec, &spec->program, stdio))
		return text_message("cannot fork: %s", strerror(errno));
	while (task.init.status == PROCESS_STARTING)
		loop_turn(-1);
	if (task.init.status != PROCESS_RUNNING)
		return text_message("the process of the rehearsal did not start");
	while (waitpid(task.init.pid, &status, 0) < 0)
		if (errno != EINTR)
			return text_message("cannot wait: %s", strerror(errno));
	return exit_code_of(status) == 0 ? NULL : text_message("the rehearsal ended with %d", exit_code_of(status));
}

/* Whatever this process holds and mounts goes with it. */
static void perform(int report, const uint8_t *list, size_t length) __attribute__((noreturn));

static void perform(int report, const uint8_t *list, size_t length)
{
	const char *code;
	link_forget();
	char *message = NULL;
	if (mount(NULL, "/", NULL, MS_PRIVATE | MS_REC, NULL) < 0 || !loop_open())
		message = text_message("cannot set up: %s", strerror(errno));
	if (!message)
		message = guest_task_prepare(list, length, &code);
	if (!message)
		message = run_to_the_end();
	/* One that did not start is still on its way out, and in the group. */
	while (message && waitpid(-1, NULL, 0) > 0)
		continue;
	if (message && write(report, message, strlen(message)) < 0)
		_exit(1);
	_exit(message ? 1 : 0);
}

static char *read_message(int report)
{
	char text[MESSAGE_MAX];
	size_t length = 0;
	ssize_t count;
	while (length < sizeof text - 1 && (count = read(report, text + length, sizeof text - 1 - length)) > 0)
		length += (size_t)count;
	text[length] = 0;
	return length ? text_message("%s", text) : NULL;
}

char *rehearse(const uint8_t *list, size_t length)
{
	int report[2], status = 0;
	if (pipe2(report, O_CLOEXEC) < 0)
		return text_message("cannot make a pipe: %s", strerror(errno));
	pid_t pid = (pid_t)syscall(SYS_clone, CLONE_NEWNS | SIGCHLD, 0, 0, 0, 0);
	if (pid == 0)
		perform(report[1], list, length);
	char *message = pid < 0 ? text_message("cannot fork: %s", strerror(errno)) : NULL;
	close(report[1]);
	if (!message)
		message = read_message(report[0]);
	close(report[0]);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	if (!message && status != 0)
		message = text_message("the rehearsal was ended by signal %d", WTERMSIG(status));
	groups_remove();
	network_forget();
	devices_let_go();
	return message;
}

/* A little of what programs do at once: write, make and remove a file, have a child. */
int rehearse_play(void)
{
	int file = open("/rehearsed", O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	if (file < 0 || write(file, "1\n", 2) != 2 || close(file) < 0 || unlink("/rehearsed") < 0)
		return 1;
	pid_t child = fork();
	if (child == 0)
		_exit(0);
	if (child < 0 || waitpid(child, NULL, 0) < 0)
		return 1;
	return puts("rehearsed") < 0;
}
