/* The one task that this supervisor keeps: a container's first process and its execs. */
#ifndef HULL_TASK_H
#define HULL_TASK_H

#include <stdbool.h>
#include <stdint.h>

#include "frame.h"
#include "process.h"

#define TASK_ERROR_MAX 400

struct backend;

enum task_status {
	/* Nothing of the user's runs; leaves with its last client. */
	TASK_NEW,
	TASK_STARTING,
	TASK_RUNNING,
	/* The first process is gone and its exit record written; the runtime's state is being deleted. */
	TASK_ENDED,
	/* All is cleaned up; leaves when its clients have got everything. */
	TASK_LEAVING,
};

struct task {
	const char *id;
	const char *run_dir;
	int run_fd;
	const char *state_dir;
	int state_fd;
	enum task_status status;
	bool prepared;
	/* The machine is there and nobody's: another PREPARE says whose it becomes. */
	bool spare;
	/* Why PREPARE failed, for the START that was sent right behind it. */
	char *prepare_error;
	char *runtime;
	char *runtime_root;
	char *cgroup;
	uint32_t runtime_timeout_ms;
	/* NULL: an OCI runtime runs the processes. */
	const struct backend *backend;
	struct process init;
	struct process *execs;
	bool oom_killed;
	/* Why the container ended when it did not end by itself; empty otherwise. Printable ASCII. */
	char error[TASK_ERROR_MAX];
};

extern struct task task;

/* Opens the folders and the socket. False with errno. */
bool task_open(const char *id, const char *run_dir, const char *state_dir);

/* Takes over the name and folders of a container; `run_dir` is the folder of `task_open`, renamed. False with errno. */
bool task_become(const char *id, const char *run_dir, const char *state_dir);

/* The process that a request names: an exec, or the first process for NULL. NULL when there is none. */
struct process *task_find(const char *exec);

/* How the runtime's run went; the message is freed here. */
void task_started(void);
void task_start_failed(const char *code, char *message);
void exec_started(struct process *process);
void exec_failed(struct process *process, const char *code, char *message);

/* A process is gone and its output read to the end. The first process's end is recorded before it is announced. */
void task_ended(void);
void exec_ended(struct process *process);

/* The runtime's state is deleted. */
void task_deleted(void);

/* A child that is not the runtime was reaped. */
void task_reaped(pid_t pid, int wait_status);

/* The fields that say how a process ended. */
void task_exit_fields(const struct process *process, struct fields *fields);
/* Those of STARTED. */
void task_started_fields(const struct process *process, struct fields *fields);

unsigned task_running_execs(void);

/* Forgets ended execs that nobody will ask about. */
void task_sweep(void);

/* True when there is nothing left to stay for but the delivery of what was said. */
bool task_may_leave(void);

#endif
