#include "init.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launch.h"
#include "process.h"

/* Reaps all that have ended; ends when the user's process has. */
static void reap(pid_t child)
{
	int status;
	for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;)
		if (pid == child)
			_exit(exit_code_of(status));
}

void init_fork(int report)
{
	sigset_t all, before;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	pid_t child = fork();
	if (child == 0) {
		sigprocmask(SIG_SETMASK, &before, NULL);
		return;
	}
	if (child < 0) {
		report_error(report, "cannot fork under init");
		_exit(127);
	}
	prctl(PR_SET_NAME, "init", 0, 0, 0);
	/* The streams end with the user's process, not with us. */
	close(report);
	for (int fd = 0; fd < 3; fd++)
		close(fd);
	for (;;) {
		siginfo_t signal;
		if (sigwaitinfo(&all, &signal) < 0)
			continue;
		if (signal.si_signo == SIGCHLD)
			reap(child);
		else
			kill(child, signal.si_signo);
	}
}
