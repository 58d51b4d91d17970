#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/filter.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "credentials.h"
#include "execute.h"
#include "init.h"
#include "launch.h"
#include "mounts.h"
#include "root.h"
#include "terminal.h"
#include "text.h"
#include "within.h"

int child_open_namespace(pid_t pid, const char *name)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/%d/ns/%s", (int)pid, name);
	return open(path, O_RDONLY | O_CLOEXEC);
}

static void fail(const struct child *child, const char *message) __attribute__((noreturn));

static void fail(const struct child *child, const char *message)
{
	report_error(child->report, message);
	_exit(127);
}

static void check(const struct child *child, char *message)
{
	if (message)
		fail(child, message);
}

static void check_call(const struct child *child, int result, const char *what)
{
	if (result < 0)
		fail(child, text_message("cannot %s: %s", what, strerror(errno)));
}

/* key=value, dots standing for folders. */
static void set_sysctl(const struct child *child, const char *setting)
{
	char path[512] = "/proc/sys/";
	size_t start = strlen(path);
	const char *equals = strchr(setting, '=');
	size_t length = (size_t)(equals - setting);
	if (length + start >= sizeof path)
		fail(child, text_message("the name of sysctl %.64s… is too long", setting));
	memcpy(path + start, setting, length);
	path[start + length] = 0;
	for (char *dot = path + start; *dot; dot++)
		if (*dot == '.')
			*dot = '/';
	if (!text_write(path, equals + 1))
		fail(child, text_message("cannot set sysctl %.*s: %s", (int)length, setting, strerror(errno)));
}

static void enter_root(const struct child *child, int root)
{
	check_call(child, fchdir(root), "enter the root");
	/* The old root is mounted onto the new one and comes off at once: no folder for it is needed. */
	check_call(child, (int)syscall(SYS_pivot_root, ".", "."), "change the root");
	check_call(child, umount2(".", MNT_DETACH), "leave the old root");
	check_call(child, chdir("/"), "enter the root");
}

/* Namespaces, mounts and devices of the container. */
static void make_container(const struct child *child)
{
	const struct spec *spec = child->spec;
	check_call(child, mount(NULL, "/", NULL, MS_PRIVATE | MS_REC, NULL), "make the mounts private");
	/* Only now, since the namespace's root is the group that its maker is in. */
	if (spec->cgroup_namespace)
		check_call(child, unshare(CLONE_NEWCGROUP), "make a cgroup namespace");
	for (size_t i = 0; i < spec->sysctls.count; i++)
		set_sysctl(child, spec->sysctls.items[i]);
	int root = open(ROOT_FOLDER, O_PATH | O_DIRECTORY | O_CLOEXEC);
	check_call(child, root, "open the root");
	check(child, mounts_make(root, spec));
	check(child, mounts_devices(root, spec));
	enter_root(child, root);
	close(root);
}

static void join_container(const struct child *child)
{
	static const struct {
		const char *name;
		int type;
	} namespaces[] = {{"cgroup", CLONE_NEWCGROUP}, {"ipc", CLONE_NEWIPC}, {"uts", CLONE_NEWUTS}, {"mnt", CLONE_NEWNS}};
	for (size_t i = 0; i < sizeof namespaces / sizeof *namespaces; i++) {
		int fd = child_open_namespace(child->leader, namespaces[i].name);
		check_call(child, fd, "find the container's namespaces");
		check_call(child, setns(fd, namespaces[i].type), "join the container's namespaces");
		close(fd);
	}
}

static void take_stdio(const struct child *child)
{
	int fds[3] = {child->stdio[0], child->stdio[1], child->stdio[2]};
	if (child->terminal) {
		int master = -1;
		int slave = terminal_open(child->columns, child->rows, &master);
		check_call(child, slave, "open a terminal");
		fds[0] = fds[1] = fds[2] = slave;
		if (child->first)
			terminal_mount_console(slave);
		report_terminal(child->report, master);
		close(master);
	}
	for (int fd = 0; fd < 3; fd++) {
		check_call(child, dup2(fds[fd], fd), "set up the standard streams");
		struct stat status;
		/* So that the user may open /dev/stdout anew. */
		if (fstat(fd, &status) == 0 && status.st_rdev != makedev(1, 3))
			fchown(fd, (uid_t)child->program->uid, (gid_t)-1);
	}
}

static void make_folder(const struct child *child)
{
	const char *cwd = child->program->cwd;
	/* An exec's is not made: a container with a wrong one in its image starts, a mistyped `-w` is an error. */
	if (!child->first || chdir(cwd) == 0 || errno != ENOENT)
		return;
	int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int folder = within_make(root, cwd, true);
	check_call(child, folder, "make the working directory");
	close(folder);
	close(root);
}

static void reset_signals(void)
{
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (int number = 1; number < 65; number++)
		signal(number, SIG_DFL);
}

void child_run(const struct child *child)
{
	const struct program *program = child->program;
	char path[PATH_MAX];
	reset_signals();
	umask(0);
	if (child->first)
		make_container(child);
	else
		join_container(child);
	take_stdio(child);
	/* It is made in a root that may be read-only from then on. */
	make_folder(child);
	if (child->first)
		check(child, mounts_protect(child->spec));
	if (child->first && child->spec->init)
		init_fork(child->report);
	setsid();
	if (child->terminal)
		terminal_control(0);
	check(child, credentials_limits(program));
	check(child, credentials_take(program, child->spec->filter, child->spec->filter_count));
	if (chdir(program->cwd) < 0)
		fail(child, text_message("chdir `%s`: %s", program->cwd, strerror(errno)));
	check(child, execute_find(program, path));
	report_executing(child->report);
	check(child, execute(program, path));
	_exit(127);
}
