#include "shares.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "groups.h"
#include "root.h"
#include "text.h"
#include "within.h"

/* <sys/mount.h> has them too, and does not go together with <linux/mount.h>. */
int umount2(const char *target, int flags);

#define REASON_MAX 512

/* What a process in the container's mount namespace did there. */
struct outcome {
	/* How many of them are mounted, in their order. */
	size_t mounted;
	/* Of the shared folder's file system. */
	dev_t device;
	bool busy;
	/* Empty when all went well. */
	char reason[REASON_MAX];
};

static bool away;

/* The mounts of this type in their order, an array to be freed. */
static const struct guest_mount **shared_mounts(const struct spec *spec, size_t *count)
{
	const struct guest_mount **shared = calloc(spec->mount_count + 1, sizeof(*shared));
	if (!shared)
		abort();
	*count = 0;
	for (size_t i = 0; i < spec->mount_count; i++)
		if (strcmp(spec->mounts[i].type, "shared") == 0)
			shared[(*count)++] = &spec->mounts[i];
	return shared;
}

/* Children first: what is mounted inside of another comes behind it. */
static void unmount(const struct guest_mount **shared, const int *trees, struct outcome *outcome)
{
	(void)trees;
	for (; outcome->mounted; outcome->mounted--) {
		const char *target = shared[outcome->mounted - 1]->target;
		struct stat status;
		/* The container may have mounted something else there. */
		if (stat(target, &status) == 0 && status.st_dev != outcome->device)
			errno = EINVAL;
		else if (umount2(target, 0) == 0)
			continue;
		outcome->busy = errno == EBUSY;
		snprintf(outcome->reason, REASON_MAX, outcome->busy ? "%.300s is shared with the host and in use" : "cannot unmount %.300s: %s",
			 target, strerror(errno));
		return;
	}
}

static void attach(const struct guest_mount **shared, const int *trees, struct outcome *outcome)
{
	for (; trees[outcome->mounted] >= 0; outcome->mounted++) {
		const char *target = shared[outcome->mounted]->target;
		unsigned flags = MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_SYMLINKS;
		if (syscall(SYS_move_mount, trees[outcome->mounted], "", AT_FDCWD, target, flags) == 0)
			continue;
		snprintf(outcome->reason, REASON_MAX, "cannot mount %.300s again: %s", target, strerror(errno));
		return;
	}
}

/* Does the work in the container's mount namespace, which only a process of its own can enter. */
static void in_container(void (*work)(const struct guest_mount **, const int *, struct outcome *),
			 const struct guest_mount **shared, const int *trees, struct outcome *outcome)
{
	int result[2];
	if (pipe2(result, O_CLOEXEC) < 0) {
		snprintf(outcome->reason, REASON_MAX, "cannot enter the container: %s", strerror(errno));
		return;
	}
	pid_t pid = fork();
	if (pid == 0) {
		int namespace = child_open_namespace(task_leader(), "mnt");
		if (namespace >= 0 && setns(namespace, CLONE_NEWNS) == 0)
			work(shared, trees, outcome);
		else
			snprintf(outcome->reason, REASON_MAX, "cannot enter the container: %s", strerror(errno));
		_exit(write(result[1], outcome, sizeof *outcome) != sizeof *outcome);
	}
	close(result[1]);
	if (pid < 0 || read(result[0], outcome, sizeof *outcome) != sizeof *outcome)
		snprintf(outcome->reason, REASON_MAX, "cannot look into the container");
	close(result[0]);
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

int shares_open_tree(const struct guest_mount *mount)
{
	static const struct {
		const char *name;
		unsigned attribute;
	} options[] = {
		{"ro", MOUNT_ATTR_RDONLY}, {"nosuid", MOUNT_ATTR_NOSUID}, {"nodev", MOUNT_ATTR_NODEV}, {"noexec", MOUNT_ATTR_NOEXEC},
	};
	struct mount_attr attributes = {0};
	for (size_t i = 0; i < mount->options.count; i++)
		for (size_t k = 0; k < sizeof options / sizeof *options; k++)
			if (strcmp(options[k].name, mount->options.items[i]) == 0)
				attributes.attr_set |= options[k].attribute;
	int above = open(SHARED_FOLDER, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int source = above < 0 ? -1 : within_open(above, mount->source, O_PATH);
	int tree = source < 0 ? -1 : (int)syscall(SYS_open_tree, source, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	int error = errno;
	if (above >= 0)
		close(above);
	if (source >= 0)
		close(source);
	errno = error;
	if (tree < 0 || !attributes.attr_set)
		return tree;
	if (syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &attributes, sizeof attributes) == 0)
		return tree;
	error = errno;
	close(tree);
	errno = error;
	return -1;
}

/* Those that are not mounted, from `mounted` on. A message or NULL. */
static char *mount_rest(const struct guest_mount **shared, size_t count, size_t mounted)
{
	struct outcome outcome = {.mounted = mounted};
	int *trees = calloc(count + 1, sizeof *trees);
	if (!trees)
		abort();
	char *message = NULL;
	size_t opened = mounted;
	for (; opened < count && !message; opened++) {
		trees[opened] = shares_open_tree(shared[opened]);
		if (trees[opened] < 0)
			message = text_message("cannot find what was mounted on %s: %s", shared[opened]->target, strerror(errno));
	}
	trees[opened] = -1;
	if (!message)
		in_container(attach, shared, trees, &outcome);
	for (size_t i = mounted; i < opened; i++)
		if (trees[i] >= 0)
			close(trees[i]);
	free(trees);
	return message || !outcome.reason[0] ? message : text_message("%s", outcome.reason);
}

/* Where a process sees a shared folder, to be freed, or NULL. */
static char *find_mount(const char *process)
{
	char path[300], *line = NULL, *found = NULL;
	size_t room = 0;
	snprintf(path, sizeof path, "/proc/%s/mountinfo", process);
	FILE *file = fopen(path, "re");
	while (file && !found && getline(&line, &room, file) > 0) {
		char target[257];
		if (strstr(line, " - 9p ") && sscanf(line, "%*s %*s %*s %*s %256s", target) == 1)
			found = text_message("%s", target);
	}
	free(line);
	if (file)
		fclose(file);
	return found;
}

static void read_namespace(const char *process, char *name, size_t size)
{
	char path[300];
	snprintf(path, sizeof path, "/proc/%s/ns/mnt", process);
	ssize_t length = readlink(path, name, size - 1);
	name[length < 0 ? 0 : length] = 0;
}

/*
 * The container may have mounted them elsewhere too, or have namespaces with copies of its mounts: the file server
 * would stay in use, and could not be mounted again either. A message or NULL.
 */
static char *find_others(void)
{
	char ours[64], theirs[64], *message = NULL;
	read_namespace("self", ours, sizeof ours);
	DIR *folder = opendir("/proc");
	for (const struct dirent *entry; folder && !message && (entry = readdir(folder));) {
		if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
			continue;
		read_namespace(entry->d_name, theirs, sizeof theirs);
		char *target = strcmp(ours, theirs) == 0 ? NULL : find_mount(entry->d_name);
		if (target)
			message = text_message("%s is shared with the host and was mounted from inside of the container", target);
		free(target);
	}
	if (folder)
		closedir(folder);
	return message;
}

/* Another machine would not find it: what it starts with is named anew. A message or NULL. */
static char *find_live(const struct spec *spec)
{
	for (size_t i = 0; i < spec->mount_count; i++)
		if (spec->mounts[i].live)
			return text_message("%s was mounted while the machine ran: take it away, or restart the machine", spec->mounts[i].target);
	return NULL;
}

char *shares_leave(const struct spec *spec, const char **code)
{
	size_t count;
	const struct guest_mount **shared = shared_mounts(spec, &count);
	struct stat status;
	struct outcome outcome = {.mounted = count, .device = count && stat(SHARED_FOLDER, &status) == 0 ? status.st_dev : 0};
	*code = "runtime_failed";
	char *message = find_live(spec);
	if (message)
		*code = "conflict";
	if (!message && count && !away && task_leader() > 0 && !(message = groups_freeze())) {
		in_container(unmount, shared, NULL, &outcome);
		if (outcome.busy)
			*code = "conflict";
		message = outcome.reason[0] ? text_message("%s", outcome.reason) : NULL;
		if (!message && (message = find_others()))
			*code = "conflict";
		if (!message && umount2(SHARED_FOLDER, 0) < 0) {
			*code = errno == EBUSY ? "conflict" : "runtime_failed";
			message = text_message("what is shared with the host is in use: %s", strerror(errno));
		}
		away = !message;
		char *lost = message ? mount_rest(shared, count, outcome.mounted) : NULL;
		if (lost)
			text_complain("%s", lost);
		free(lost);
		if (message)
			groups_thaw();
	}
	free(shared);
	return message;
}

char *shares_return(const struct spec *spec)
{
	if (!away)
		return NULL;
	size_t count;
	const struct guest_mount **shared = shared_mounts(spec, &count);
	char *message = root_mount_shared();
	if (!message && task_leader() > 0)
		message = mount_rest(shared, count, 0);
	free(shared);
	away = false;
	groups_thaw();
	return message;
}
