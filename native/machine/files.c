#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client.h"
#include "link.h"
#include "loop.h"
#include "machine.h"
#include "task.h"

/* The most that a write or a read may carry, and with it a message. */
#define TRANSFER_MAX (128u << 10)
#define MESSAGE_MAX (TRANSFER_MAX + (5u << 10))
/* Positions in messages of the FUSE protocol (linux/fuse.h): `fuse_in_header`, `fuse_out_header`, `fuse_init_out`. */
#define IN_OPCODE 4
#define IN_UNIQUE 8
#define OPCODE_INIT 26
#define OUT_HEADER 16
#define OUT_ERROR 4
#define OUT_UNIQUE 8
#define INIT_FLAGS (OUT_HEADER + 12)
#define INIT_MAX_WRITE (OUT_HEADER + 20)
#define INIT_MAX_PAGES (OUT_HEADER + 28)
#define INIT_SIZE (OUT_HEADER + 30)
#define HAS_MAX_PAGES (1u << 22)
#define PAGE 4096u

static void kernel_ready(struct source *source, uint32_t events);

static struct source kernel = {.fd = -1, .ready = kernel_ready};
static struct call *call;
static char target[4352];
/* A question of the kernel's of which the guest has not taken everything. */
static uint8_t question[MESSAGE_MAX];
static size_t question_start;
static size_t question_length;
/* An answer of the guest's that is not whole. */
static uint8_t answer[MESSAGE_MAX];
static size_t answer_length;
/* The question that settles sizes. */
static uint64_t init_unique;

static uint32_t u32_at(const uint8_t *bytes)
{
	uint32_t number;
	memcpy(&number, bytes, sizeof number);
	return number;
}

static uint64_t u64_at(const uint8_t *bytes)
{
	uint64_t number;
	memcpy(&number, bytes, sizeof number);
	return number;
}

static void ask_guest(void)
{
	size_t done = link_send(call, question + question_start, question_length - question_start);
	question_start += done;
	bool all = question_start == question_length;
	if (all)
		question_start = question_length = 0;
	loop_want(&kernel, all ? EPOLLIN : 0);
}

static void kernel_ready(struct source *source, uint32_t events)
{
	(void)events;
	ssize_t count = read(source->fd, question, sizeof question);
	/* ENOENT: what was asked is no longer wanted. */
	if (count < 0 && (errno == EAGAIN || errno == EINTR || errno == ENOENT))
		return;
	if (count <= 0)
		return files_unmount();
	question_length = (size_t)count;
	if (u32_at(question + IN_OPCODE) == OPCODE_INIT)
		init_unique = u64_at(question + IN_UNIQUE);
	ask_guest();
}

/* The guest may not make messages longer than what is read and written here. */
static bool sizes_are_ours(void)
{
	bool settles = u64_at(answer + OUT_UNIQUE) == init_unique && u32_at(answer + OUT_ERROR) == 0;
	if (!settles)
		return true;
	if (answer_length < INIT_SIZE || u32_at(answer + INIT_MAX_WRITE) > TRANSFER_MAX)
		return false;
	uint16_t pages;
	memcpy(&pages, answer + INIT_MAX_PAGES, sizeof pages);
	return !(u32_at(answer + INIT_FLAGS) & HAS_MAX_PAGES) || pages <= TRANSFER_MAX / PAGE;
}

static bool answer_kernel(void)
{
	/* Without a question there are only notifications, which are for file systems that are trusted. */
	if (u64_at(answer + OUT_UNIQUE) == 0 || !sizes_are_ours())
		return false;
	ssize_t count = write(kernel.fd, answer, answer_length);
	return count >= 0 || errno == ENOENT || errno == ENODEV || errno == EINTR;
}

/* How much of the answer is still to come: first its length, then the rest. SIZE_MAX for a length that cannot be. */
static size_t missing(void)
{
	if (answer_length < sizeof(uint32_t))
		return sizeof(uint32_t) - answer_length;
	uint32_t size = u32_at(answer);
	return size < OUT_HEADER || size > sizeof answer ? SIZE_MAX : size - answer_length;
}

static bool answer_came(struct call *from, uint8_t stream, const uint8_t *bytes, size_t length)
{
	(void)stream;
	link_give(from, length);
	while (length && kernel.fd >= 0) {
		size_t part = missing();
		if (part == SIZE_MAX)
			return false;
		part = part < length ? part : length;
		memcpy(answer + answer_length, bytes, part);
		answer_length += part;
		bytes += part;
		length -= part;
		if (answer_length >= OUT_HEADER && missing() == 0) {
			if (!answer_kernel())
				return false;
			answer_length = 0;
		}
	}
	return true;
}

static void replied(struct call *from, uint8_t type, const uint8_t *payload, size_t length)
{
	(void)from;
	(void)payload;
	(void)length;
	if (type == FRAME_OK)
		return;
	call = NULL;
	files_unmount();
}

static void room(struct call *from)
{
	(void)from;
	if (kernel.fd >= 0)
		ask_guest();
}

static void lost(struct call *from)
{
	(void)from;
	call = NULL;
	files_unmount();
}

static const struct call_handler on_files = {.reply = replied, .data = answer_came, .room = room, .lost = lost};

static bool mount_files(void)
{
	char options[128];
	kernel.fd = open("/dev/fuse", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (kernel.fd < 0)
		return false;
	snprintf(target, sizeof target, "%s/files", task.run_dir);
	mkdirat(task.run_fd, "files", 0700);
	snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other", kernel.fd);
	if (mount("hull", target, "fuse.hull", MS_NOSUID | MS_NODEV | MS_NOEXEC, options) == 0)
		return true;
	int error = errno;
	loop_close(&kernel);
	errno = error;
	return false;
}

void files_mount(struct client *client, uint16_t channel, size_t payload_length)
{
	char text[256];
	if (payload_length)
		return client_reply_error(client, channel, "invalid_argument", "files takes no fields");
	if (kernel.fd >= 0)
		return client_reply(client, channel, FRAME_OK, NULL, 0);
	if (!link_is_open())
		return client_reply_error(client, channel, "conflict", "the machine does not run");
	if (call)
		return client_reply_error(client, channel, "unavailable", "the container's files are being let go");
	if (!mount_files()) {
		snprintf(text, sizeof text, "cannot mount the container's files: %s", strerror(errno));
		return client_reply_error(client, channel, "runtime_failed", text);
	}
	call = link_call(FRAME_FILES, NULL, 0, &on_files);
	if (!call) {
		files_unmount();
		return client_reply_error(client, channel, "unavailable", "too many requests wait for the guest");
	}
	call->input = call->wants[STREAM_STDOUT] = true;
	question_start = question_length = answer_length = 0;
	loop_want(&kernel, EPOLLIN);
	client_reply(client, channel, FRAME_OK, NULL, 0);
}

/* Whoever waits for an answer gets an error when the descriptor is closed. */
void files_unmount(void)
{
	if (kernel.fd < 0)
		return;
	umount2(target, MNT_DETACH);
	loop_close(&kernel);
	if (call)
		link_send_eof(call);
}
