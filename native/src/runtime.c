#include "runtime.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "console.h"
#include "file.h"
#include "task.h"

#define MESSAGE_MAX 16384
#define PATH_SIZE 4352

enum job_kind { JOB_RUN, JOB_EXEC, JOB_DELETE };

/* One run of the runtime. */
struct job {
	struct job *next;
	enum job_kind kind;
	pid_t pid;
	/* Names its files in the run folder. */
	unsigned number;
	struct process *process;
	/* Where the runtime hands over the terminal; -1 when it has, or there is none. */
	struct source console;
	struct timer timeout;
	bool timed_out;
};

extern char **environ;

static struct job *jobs;
static unsigned job_numbers;

/* A child that ended before the runtime told us whose it was. */
struct orphan {
	struct orphan *next;
	pid_t pid;
	int wait_status;
};

static struct orphan *orphans;

static void job_path(char *out, const struct job *job, const char *suffix)
{
	snprintf(out, PATH_SIZE, "%s/%u.%s", task.run_dir, job->number, suffix);
}

/* Names in the run folder, for the calls that take one. */
static const char *job_name(const struct job *job, const char *suffix)
{
	static char name[32];
	snprintf(name, sizeof name, "%u.%s", job->number, suffix);
	return name;
}

static void timed_out(struct timer *timer)
{
	struct job *job = container_of(timer, struct job, timeout);
	job->timed_out = true;
	kill(-job->pid, SIGKILL);
	kill(job->pid, SIGKILL);
}

static bool take_console(struct job *job)
{
	int master = console_receive(job->console.fd);
	if (master < 0)
		return false;
	loop_close(&job->console);
	process_take_console(job->process, master);
	return true;
}

/* At once, since not every runtime gives the terminal the size that was asked for, and the process will look soon. */
static void console_ready(struct source *source, uint32_t events)
{
	(void)events;
	take_console(container_of(source, struct job, console));
}

static struct job *new_job(enum job_kind kind, struct process *process)
{
	struct job *job = calloc(1, sizeof *job);
	if (!job)
		return NULL;
	job->kind = kind;
	job->process = process;
	job->number = ++job_numbers;
	job->console = (struct source){.fd = -1, .ready = console_ready};
	job->timeout.fire = timed_out;
	return job;
}

static void free_job(struct job *job)
{
	static const char *const suffixes[] = {"pid", "log", "json", "sock"};
	for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
		unlinkat(task.run_fd, job_name(job, suffixes[i]), 0);
	loop_close(&job->console);
	timer_clear(&job->timeout);
	free(job);
}

/* Where the runtime's own errors go, also those of not being there at all. */
static void fail_in_child(const struct job *job, const char *program)
{
	char text[PATH_SIZE];
	int length = snprintf(text, sizeof text, "cannot run %s: %s", program, strerror(errno));
	int fd = openat(task.run_fd, job_name(job, "log"), O_WRONLY | O_CREAT | O_APPEND, 0600);
	if (fd >= 0 && write(fd, text, (size_t)length) < 0)
		_exit(126);
	_exit(127);
}

static void run_in_child(const struct job *job, char *const argv[], const int stdio[3])
{
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (int number = 1; number < 32; number++)
		signal(number, SIG_DFL);
	/* A group of its own, so that a runtime that hangs can be killed with its helpers. */
	setpgid(0, 0);
	for (int fd = 0; fd < 3; fd++)
		if (dup2(stdio[fd], fd) < 0)
			_exit(126);
	execve(argv[0], argv, environ);
	fail_in_child(job, argv[0]);
}

static bool spawn(struct job *job, char *const argv[], const int stdio[3])
{
	job->pid = fork();
	if (job->pid == 0)
		run_in_child(job, argv, stdio);
	if (job->pid < 0)
		return false;
	timer_set(&job->timeout, task.runtime_timeout_ms);
	job->next = jobs;
	jobs = job;
	return true;
}

static void close_all(int fds[3])
{
	for (int i = 0; i < 3; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

static bool prepare(struct job *job, const char *exec_json)
{
	if (exec_json && !file_write(task.run_fd, job_name(job, "json"), exec_json, strlen(exec_json)))
		return false;
	if (!job->process->terminal)
		return true;
	job->console.fd = console_listen(task.run_fd, job_name(job, "sock"));
	loop_want(&job->console, EPOLLIN);
	return job->console.fd >= 0;
}

bool runtime_run(struct process *process, int stdio[3], const char *exec_json)
{
	struct job *job = new_job(exec_json ? JOB_EXEC : JOB_RUN, process);
	char log[PATH_SIZE], pid[PATH_SIZE], json[PATH_SIZE], console[64];
	bool begun = job && prepare(job, exec_json);
	if (begun) {
		job_path(log, job, "log");
		job_path(pid, job, "pid");
		job_path(json, job, "json");
		/* Runtimes put this path into a socket address, which holds 107 bytes: keep it short whatever the folder. */
		snprintf(console, sizeof console, "/proc/%d/fd/%d/%s", (int)getpid(), task.run_fd, job_name(job, "sock"));
		const char *argv[24] = {task.runtime, "--root", task.runtime_root, "--log", log, "--log-format", "json"};
		size_t count = 7;
		argv[count++] = exec_json ? "exec" : "run";
		argv[count++] = "--detach";
		argv[count++] = "--pid-file";
		argv[count++] = pid;
		if (process->terminal) {
			argv[count++] = "--console-socket";
			argv[count++] = console;
		}
		argv[count++] = exec_json ? "--process" : "--bundle";
		argv[count++] = exec_json ? json : task.run_dir;
		argv[count++] = task.id;
		begun = spawn(job, (char *const *)(uintptr_t)argv, stdio);
	}
	int error = errno;
	close_all(stdio);
	if (!begun && job)
		free_job(job);
	errno = error;
	if (begun)
		process->status = PROCESS_STARTING;
	return begun;
}

bool runtime_delete(void)
{
	struct job *job = new_job(JOB_DELETE, NULL);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (!job || null < 0)
		return false;
	char log[PATH_SIZE];
	job_path(log, job, "log");
	const char *argv[] = {task.runtime, "--root", task.runtime_root, "--log", log, "--log-format", "json",
			      "delete", "--force", task.id, NULL};
	int stdio[3] = {null, null, null};
	bool begun = spawn(job, (char *const *)(uintptr_t)argv, stdio);
	close(null);
	if (!begun)
		free_job(job);
	return begun;
}

bool runtime_has_state(void)
{
	char path[PATH_SIZE];
	struct stat status;
	snprintf(path, sizeof path, "%s/%s", task.runtime_root, task.id);
	return stat(path, &status) == 0;
}

static char *failure_text(const struct job *job, int wait_status)
{
	char *text = malloc(MESSAGE_MAX + 128);
	if (!text)
		abort();
	if (job->timed_out) {
		snprintf(text, MESSAGE_MAX, "%s did not answer within %u ms and was killed", task.runtime,
			 task.runtime_timeout_ms);
		return text;
	}
	size_t length = file_read(task.run_fd, job_name(job, "log"), text, MESSAGE_MAX);
	text[length] = 0;
	if (length == 0)
		snprintf(text, MESSAGE_MAX, "%s ended with %d and no message", task.runtime, exit_code_of(wait_status));
	return text;
}

static pid_t pid_of(const struct job *job)
{
	char text[32];
	size_t length = file_read(task.run_fd, job_name(job, "pid"), text, sizeof text - 1);
	text[length] = 0;
	long pid = strtol(text, NULL, 10);
	return pid > 1 ? (pid_t)pid : -1;
}

void runtime_orphan(pid_t pid, int wait_status)
{
	if (!jobs)
		return;
	struct orphan *orphan = malloc(sizeof *orphan);
	if (!orphan)
		abort();
	*orphan = (struct orphan){orphans, pid, wait_status};
	orphans = orphan;
}

static void reap_if_orphan(struct process *process)
{
	for (struct orphan *orphan = orphans; orphan; orphan = orphan->next) {
		if (orphan->pid != process->pid)
			continue;
		process_reaped(process, orphan->wait_status);
		return;
	}
}

static void forget_orphans(void)
{
	while (orphans) {
		struct orphan *next = orphans->next;
		free(orphans);
		orphans = next;
	}
}

static void report(struct job *job, int wait_status)
{
	struct process *process = job->process;
	bool succeeded = !job->timed_out && exit_code_of(wait_status) == 0;
	pid_t pid = succeeded ? pid_of(job) : -1;
	/* A runtime that hands no terminal over has started something that cannot be talked to. */
	if (pid > 0 && job->console.fd >= 0 && !take_console(job)) {
		kill(pid, SIGKILL);
		pid = -1;
	}
	if (pid > 0) {
		process_started(process, pid);
		if (job->kind == JOB_RUN)
			task_started();
		else
			exec_started(process);
		process_open_streams(process);
		reap_if_orphan(process);
		return;
	}
	char *text = failure_text(job, wait_status);
	if (job->kind == JOB_RUN)
		task_start_failed("runtime_failed", text);
	else
		exec_failed(process, "runtime_failed", text);
}

void runtime_reap(void)
{
	struct job **link = &jobs;
	while (*link) {
		struct job *job = *link;
		int status;
		if (waitpid(job->pid, &status, WNOHANG) != job->pid) {
			link = &job->next;
			continue;
		}
		*link = job->next;
		if (job->kind == JOB_DELETE)
			task_deleted();
		else
			report(job, status);
		free_job(job);
		/* Reporting may have begun another run. */
		link = &jobs;
	}
	if (!jobs)
		forget_orphans();
}
