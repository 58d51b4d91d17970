#include "credentials.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "text.h"

#define CAPABILITIES 64

static char *cannot(const char *what)
{
	return text_message("cannot %s: %s", what, strerror(errno));
}

char *credentials_limits(const struct program *program)
{
	for (size_t i = 0; i < program->limit_count; i++)
		if (setrlimit(program->limits[i].resource, &program->limits[i].values) < 0)
			return cannot("set a resource limit");
	if (program->oom_score_adj && !text_write("/proc/self/oom_score_adj", program->oom_score_adj))
		return cannot("set oom_score_adj");
	return NULL;
}

static bool drop_bounding(uint64_t keep)
{
	for (unsigned long capability = 0; capability < CAPABILITIES; capability++) {
		if (prctl(PR_CAPBSET_READ, capability, 0, 0, 0) < 0)
			return true;
		if (!(keep >> capability & 1) && prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0)
			return false;
	}
	return true;
}

static bool set_capabilities(const uint64_t sets[CAP_SETS])
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];
	for (int half = 0; half < 2; half++) {
		data[half].effective = (uint32_t)(sets[CAP_SET_EFFECTIVE] >> (32 * half));
		data[half].permitted = (uint32_t)(sets[CAP_SET_PERMITTED] >> (32 * half));
		data[half].inheritable = (uint32_t)(sets[CAP_SET_INHERITABLE] >> (32 * half));
	}
	return syscall(SYS_capset, &header, data) == 0;
}

static bool raise_ambient(uint64_t set)
{
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	for (unsigned long capability = 0; capability < CAPABILITIES; capability++)
		if ((set >> capability & 1) && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) < 0)
			return false;
	return true;
}

static bool load_filter(const struct sock_filter *filter, size_t count)
{
	struct sock_fprog program = {.len = (unsigned short)count, .filter = (struct sock_filter *)(uintptr_t)filter};
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
}

/*
 * Without no_new_privs only root may load a filter, so it comes before the rest, which the filter then has to allow;
 * with it the filter comes last, as runc has it.
 */
char *credentials_take(const struct program *program, const struct sock_filter *filter, size_t filter_count)
{
	if (program->no_new_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return cannot("set no_new_privs");
	if (filter_count && !program->no_new_privileges && !load_filter(filter, filter_count))
		return cannot("load the seccomp filter");
	if (!drop_bounding(program->capabilities[CAP_SET_BOUNDING]))
		return cannot("limit the capabilities");
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		return cannot("keep capabilities");
	if (setgroups(program->group_count, program->groups) < 0)
		return cannot("set the groups");
	/* The kernel's own calls: the library's would want to do the same in threads that are not there. */
	if (syscall(SYS_setresgid, program->gid, program->gid, program->gid) < 0)
		return cannot("set the group");
	if (syscall(SYS_setresuid, program->uid, program->uid, program->uid) < 0)
		return cannot("set the user");
	prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0);
	if (!set_capabilities(program->capabilities))
		return cannot("set the capabilities");
	if (!raise_ambient(program->capabilities[CAP_SET_AMBIENT]))
		return cannot("set the ambient capabilities");
	umask(program->umask);
	if (filter_count && program->no_new_privileges && !load_filter(filter, filter_count))
		return cannot("load the seccomp filter");
	return NULL;
}
