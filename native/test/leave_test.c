/* How long a supervisor stays for a client that takes nothing of what its container wrote. */
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"
#include "client.h"
#include "loop.h"
#include "session_fuzz.h"
#include "stand_ins.h"
#include "task.h"

static int peer;

static void turn(void)
{
	loop_turn(0);
	clients_settle();
	task_sweep();
}

static void ask(uint8_t type, uint8_t stream, uint16_t channel, const char *fields, size_t length)
{
	uint8_t bytes[256];
	frame_header(bytes, (uint32_t)length, type, stream, channel);
	memcpy(bytes + FRAME_HEADER, fields, length);
	CHECK(write(peer, bytes, FRAME_HEADER + length) == (ssize_t)(FRAME_HEADER + length));
	turn();
}

#define ASK(type, channel, fields) ask(type, 0, channel, fields, sizeof(fields) - 1)

/* A container that ended with more to deliver than a client that reads nothing was sent. */
static void begin(void)
{
	int ends[2];
	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
	client_accept(ends[0]);
	peer = ends[1];
	ASK(FRAME_HELLO, 0, "version\0002\0oldest\0001\0");
	ASK(FRAME_PREPARE, 1, "\0");
	ASK(FRAME_ATTACH, 2, "stdout\0001\0");
	ASK(FRAME_START, 3, "");
	stand_in_runtime_ends(true);
	turn();
	for (int i = 0; i < 6; i++) {
		stand_in_write(0, false, FRAME_PAYLOAD_MAX);
		turn();
	}
	stand_in_exit(0, 1);
	for (int i = 0; i < 8; i++)
		turn();
	stand_in_delete_ends();
	turn();
}

static void end(void)
{
	close(peer);
	turn();
	session_fuzz_end();
}

static bool leaves_within(uint64_t ms)
{
	for (uint64_t passed = 0; passed < ms; passed += 1000) {
		if (clients_leave())
			return true;
		stand_in_pass_time(1000);
		turn();
	}
	return clients_leave();
}

static size_t read_all(void)
{
	static uint8_t bytes[FRAME_PAYLOAD_MAX];
	size_t total = 0;
	ssize_t count;
	while ((count = read(peer, bytes, sizeof bytes)) > 0) {
		total += (size_t)count;
		turn();
		clients_leave();
	}
	return total;
}

void leave_tests(void)
{
	test_begin("a client that takes nothing for an hour gets all of it when it goes on");
	begin();
	CHECK(task.status == TASK_LEAVING);
	CHECK(!leaves_within(3600000));
	size_t first = read_all();
	ask(FRAME_CREDIT, STREAM_STDOUT, 2, "\0\4\0\0", 4);
	CHECK(first + read_all() > 6 * FRAME_PAYLOAD_MAX);
	close(peer);
	turn();
	CHECK(clients_leave());
	end();

	test_begin("who waits for the end has a client cut off that takes nothing");
	begin();
	ASK(FRAME_CUT_OFF, 4, "idle-ms\00010000\0");
	CHECK(!leaves_within(9000));
	CHECK(leaves_within(2000));
	end();
}
