/*
 * hull-guest: the first process of a virtual machine, and the supervisor of the container in it. It makes the machine
 * usable, opens the port to its shim and serves the session protocol there (docs/session-protocol.md, "The link").
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "devices.h"
#include "files.h"
#include "guest_task.h"
#include "link.h"
#include "loop.h"
#include "network.h"
#include "rehearse.h"
#include "root.h"
#include "spill.h"
#include "task.h"
#include "text.h"

static void halt(const char *what) __attribute__((noreturn));

/* The console's last line is the reason that the shim gives for the end of the machine. */
static void halt(const char *what)
{
	text_complain("%s: %s", what, strerror(errno));
	sync();
	reboot(RB_AUTOBOOT);
	_exit(1);
}

/* Off the initramfs, whose root nothing can be pivoted away from, onto a file system of our own. */
static void make_root(void)
{
	mkdir("/new", 0755);
	if (mount("root", "/new", "tmpfs", 0, "mode=755") < 0 || chdir("/new") < 0)
		halt("mount a root");
	if (mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0 || chdir("/") < 0)
		halt("move to the root");
	static const char *const folders[] = {"/proc", "/sys", "/dev", "/hull", "/hull/spill"};
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
		mkdir(folders[i], 0755);
}

static void mount_system(void)
{
	static const struct {
		const char *type, *target, *options;
	} mounts[] = {
		{"proc", "/proc", NULL},
		{"sysfs", "/sys", NULL},
		{"devtmpfs", "/dev", NULL},
		{"devpts", "/dev/pts", "newinstance,ptmxmode=0666,mode=0620,gid=5"},
		{"cgroup2", "/sys/fs/cgroup", NULL},
	};
	for (size_t i = 0; i < sizeof mounts / sizeof *mounts; i++) {
		mkdir(mounts[i].target, 0755);
		if (mount(mounts[i].type, mounts[i].target, mounts[i].type, MS_NOSUID, mounts[i].options) < 0)
			halt(mounts[i].target);
	}
}

static void children_ready(struct source *source, uint32_t events)
{
	(void)events;
	struct signalfd_siginfo signals[16];
	while (read(source->fd, signals, sizeof signals) > 0)
		continue;
	int status;
	for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;)
		task_reaped(pid, status);
}

static bool watch_children(struct source *source)
{
	sigset_t children;
	sigemptyset(&children);
	sigaddset(&children, SIGCHLD);
	sigprocmask(SIG_BLOCK, &children, NULL);
	source->fd = signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
	source->ready = children_ready;
	loop_want(source, EPOLLIN);
	return source->fd >= 0;
}

/* The kernel found no console to open for us: it comes with a module. */
static void open_stdio(void)
{
	mkdir("/dev", 0755);
	if (mount("devtmpfs", "/dev", "devtmpfs", 0, NULL) < 0)
		_exit(1);
	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
			halt("open /dev/null");
}

/* The container's processes inherit what is set here: the limits of a host's login, not of a kernel's first process. */
static void set_limits(void)
{
	struct rlimit files = {1048576, 1048576};
	setrlimit(RLIMIT_NOFILE, &files);
	signal(SIGPIPE, SIG_IGN);
	umask(022);
}

/* All is told and delivered: what is left is killed, the disk made whole, the machine turned off. */
static void power_off(void)
{
	link_finish();
	kill(-1, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		continue;
	root_unmount();
	reboot(RB_AUTOBOOT);
	halt("restart");
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], REHEARSAL_ARGUMENT) == 0)
		return rehearse_play();
	static struct source children = {.fd = -1};
	char port[300];
	open_stdio();
	set_limits();
	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	if (mount("proc", "/proc", "proc", 0, NULL) < 0 || mount("sysfs", "/sys", "sysfs", 0, NULL) < 0)
		halt("mount proc and sysfs");
	devices_load();
	umount2("/dev", MNT_DETACH);
	umount2("/proc", MNT_DETACH);
	umount2("/sys", MNT_DETACH);
	make_root();
	mount_system();
	if (!loop_open() || !watch_children(&children))
		halt("set up");
	process_init(&task.init, "");
	spill_directory(open("/hull/spill", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	network_loopback();
	if (!devices_bind(BUS_SERIAL) || !devices_port("hull.0", port, sizeof port) || !link_open(port))
		halt("open the port hull.0");
	clients_settle();
	for (;;) {
		loop_turn(-1);
		clients_settle();
		files_settle();
		task_sweep();
		guest_task_settle();
		if (guest_task_is_over() && link_is_delivered())
			power_off();
	}
}
