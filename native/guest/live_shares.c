#include "live_shares.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "root.h"
#include "shares.h"
#include "task.h"
#include "text.h"
#include "within.h"

/* <sys/mount.h> has them too, and does not go together with <linux/mount.h>. */
int umount2(const char *target, int flags);

#define DETACH 2
#define TARGET_MAX 4096

static bool is(const struct field *field, const char *key)
{
	return strcmp(field->key, key) == 0;
}

static enum taken take_path(const char **path, const struct field *field)
{
	*path = field->value;
	return field->value[0] == '/' && field->value_length < TARGET_MAX ? FIELD_TAKEN : FIELD_INVALID;
}

static enum taken take_flag(bool *flag, const struct field *field)
{
	*flag = true;
	return strcmp(field->value, "1") == 0 ? FIELD_TAKEN : FIELD_INVALID;
}

enum taken live_share_take(struct live_share *share, const struct field *field)
{
	if (is(field, "share-name")) {
		share->name = field->value;
		return field->value_length && !strchr(field->value, '/') && field->value[0] != '.' ? FIELD_TAKEN : FIELD_INVALID;
	}
	if (is(field, "share-target"))
		return take_path(&share->target, field);
	if (is(field, "share-read-only"))
		return take_flag(&share->read_only, field);
	if (is(field, "unshare-target"))
		return take_path(&share->unmount, field);
	if (is(field, "unshare-force"))
		return take_flag(&share->force, field);
	return FIELD_UNKNOWN;
}

static int attach(int tree, const char *target)
{
	struct stat status;
	int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0 || fstat(tree, &status) < 0)
		return errno;
	int place = within_make(root, target, S_ISDIR(status.st_mode));
	if (place < 0)
		return errno;
	unsigned flags = MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH;
	return syscall(SYS_move_mount, tree, "", place, "", flags) < 0 ? errno : 0;
}

/* In the container's mount namespace, which only a process of its own can enter. 0 or an errno. */
static int in_container(const struct live_share *share, int tree)
{
	int namespace = child_open_namespace(task_leader(), "mnt");
	if (namespace < 0)
		return errno;
	pid_t pid = fork();
	if (pid == 0) {
		int error = 0;
		if (setns(namespace, CLONE_NEWNS) < 0)
			error = errno;
		else if (tree >= 0)
			error = attach(tree, share->target);
		else if (umount2(share->unmount, share->force ? DETACH : 0) < 0)
			error = errno;
		_exit(error);
	}
	int error = errno, status;
	close(namespace);
	if (pid < 0)
		return error;
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : EIO;
}

static struct guest_mount *find(struct spec *spec, const char *target)
{
	/* The last one is on top. */
	for (size_t i = spec->mount_count; i-- > 0;)
		if (strcmp(spec->mounts[i].type, "shared") == 0 && strcmp(spec->mounts[i].target, target) == 0)
			return &spec->mounts[i];
	return NULL;
}

static bool shares_anything(const struct spec *spec)
{
	for (size_t i = 0; i < spec->mount_count; i++)
		if (strcmp(spec->mounts[i].type, "shared") == 0)
			return true;
	return false;
}

static const char *copy(const char *text)
{
	char *copied = strdup(text);
	if (!copied)
		abort();
	return copied;
}

static char *add(struct spec *spec, const struct live_share *share)
{
	struct guest_mount mount = {.target = share->target, .type = "shared", .source = share->name};
	if (share->read_only)
		list_add(&mount.options, "ro");
	int tree = shares_open_tree(&mount);
	int error = tree < 0 ? errno : in_container(share, tree);
	if (tree >= 0)
		close(tree);
	free(mount.options.items);
	if (error)
		return text_message("cannot mount on %s: %s", share->target, strerror(error));
	struct guest_mount *added = array_add((void **)&spec->mounts, &spec->mount_count, sizeof *added);
	*added = (struct guest_mount){.target = copy(share->target), .type = "shared", .source = copy(share->name), .live = true};
	return NULL;
}

static char *take_away(struct spec *spec, struct guest_mount *mount, const struct live_share *share)
{
	int error = in_container(share, -1);
	if (error == EBUSY)
		return text_message("%s is in use in the container: end what uses it, or force it", share->unmount);
	/* What the container has unmounted itself is gone as well. */
	if (error && error != EINVAL && error != ENOENT)
		return text_message("cannot unmount %s: %s", share->unmount, strerror(error));
	free((char *)(uintptr_t)mount->target);
	free((char *)(uintptr_t)mount->source);
	struct guest_mount *end = spec->mounts + --spec->mount_count;
	memmove(mount, mount + 1, (size_t)((char *)end - (char *)mount));
	return NULL;
}

char *live_share_change(struct spec *spec, const struct live_share *share, const char **code)
{
	*code = "conflict";
	if (!share->name && !share->target && !share->unmount)
		return NULL;
	if (task_leader() <= 0)
		return text_message("the container is not running");
	if (share->unmount) {
		struct guest_mount *mount = find(spec, share->unmount);
		if (!mount || mount->live)
			return mount ? take_away(spec, mount, share) : NULL;
		return text_message("%s was mounted when the machine started: stop it to take that away", share->unmount);
	}
	if (!share->name || !share->target || spec->mount_count >= 1024)
		return text_message("a share without a name or target, or too many of them");
	if (shares_anything(spec))
		return add(spec, share);
	*code = "not_implemented";
	return text_message("a machine that was started without any bind or volume cannot be given one: stop it first");
}
