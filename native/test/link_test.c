/* The link to a guest, played by hand on both ends: the daemon's and the guest's. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "client.h"
#include "link.h"
#include "machine_stand_ins.h"
#include "peer.h"
#include "session_fuzz.h"
#include "task.h"

#define HELLO "version\0002\0oldest\0002\0supervisor\0guest\0"
/* The order in which a start asks: its numbers on a fresh link. */
#define ATTACH_CALL(first) (uint16_t)(first)
#define WAIT_CALL(first) (uint16_t)((first) + 1)
#define START_CALL(first) (uint16_t)((first) + 2)

static struct test_peer client;
static struct test_peer guest;
/* Number of the next call. */
static uint16_t next_call;

/* Flags of the stand-in for PREPARE: 1 terminal, 2 stdin. */
static void begin(const char *name, uint8_t flags, bool restored)
{
	test_begin(name);
	next_call = 1;
	client_accept(peer_open(&client));
	PEER_ASK(&client, FRAME_HELLO, 0, "version\0002\0oldest\0002\0");
	CHECK(peer_expect(&client, FRAME_HELLO, 0, NULL));
	stand_in_machine(peer_open(&guest), restored);
	CHECK(peer_expect(&guest, FRAME_HELLO, 0, NULL));
	peer_send(&client, FRAME_PREPARE, 0, 1, &flags, 1);
	CHECK(peer_expect(&client, FRAME_OK, 1, NULL));
}

static void greet(void)
{
	PEER_ASK(&guest, FRAME_BOOTED, 0, "");
	PEER_ASK(&guest, FRAME_HELLO, 0, HELLO);
}

static void end(void)
{
	peer_close(&client);
	peer_close(&guest);
	stand_in_machine_gone();
	session_fuzz_end();
}

/* The container runs, with a client attached on channel 2 and one that waits on channel 3. */
static uint16_t begin_running(const char *name, uint8_t flags)
{
	begin(name, flags, false);
	greet();
	uint16_t first = next_call;
	next_call += 3;
	if (flags & 2)
		PEER_ASK(&client, FRAME_ATTACH, 2, "stdin\0001\0stdout\0001\0stderr\0001\0");
	else
		PEER_ASK(&client, FRAME_ATTACH, 2, "stdout\0001\0stderr\0001\0");
	PEER_ASK(&client, FRAME_WAIT, 3, "");
	PEER_ASK(&client, FRAME_START, 4, "");
	CHECK(peer_expect(&client, FRAME_OK, 2, NULL));
	CHECK(peer_expect(&guest, FRAME_ATTACH, ATTACH_CALL(first), NULL));
	CHECK(peer_expect(&guest, FRAME_WAIT, WAIT_CALL(first), NULL));
	CHECK(peer_expect(&guest, FRAME_START, START_CALL(first), NULL));
	PEER_ASK(&guest, FRAME_OK, ATTACH_CALL(first), "");
	PEER_ASK(&guest, FRAME_STARTED, START_CALL(first), "pid\0007\0started-at\0x\0");
	CHECK(peer_expect(&client, FRAME_STARTED, 4, NULL));
	CHECK(task.status == TASK_RUNNING);
	return first;
}

static void requests(void)
{
	struct frame frame;
	begin("requests wait for the guest and are answered on their own channels", 0, false);
	PEER_ASK(&client, FRAME_CONFIGURE, 7, "hostname\0a\0");
	PEER_ASK(&client, FRAME_STATS, 8, "");
	uint16_t first = next_call;
	next_call += 2;
	CHECK(peer_is_silent(&guest));
	greet();
	CHECK(peer_expect(&guest, FRAME_CONFIGURE, first, &frame) && strcmp(peer_field(&frame, "hostname"), "a") == 0);
	CHECK(peer_expect(&guest, FRAME_STATS, (uint16_t)(first + 1), NULL));
	PEER_ASK(&guest, FRAME_STATUS, (uint16_t)(first + 1), "pids-current\0003\0");
	CHECK(peer_expect(&client, FRAME_STATUS, 8, &frame) && strcmp(peer_field(&frame, "pids-current"), "3") == 0);
	PEER_ASK(&guest, FRAME_ERROR, first, "code\0conflict\0message\0no\0");
	CHECK(peer_expect(&client, FRAME_ERROR, 7, &frame) && strcmp(peer_field(&frame, "message"), "no") == 0);
	end();

	static uint8_t long_list[FRAME_PAYLOAD_MAX + 100];
	memset(long_list, 'x', sizeof long_list);
	memcpy(long_list, "command", 8);
	long_list[sizeof long_list - 1] = 0;
	begin("a reply in parts that does not parse ends the machine", 0, false);
	greet();
	PEER_ASK(&client, FRAME_PROCESSES, 9, "");
	CHECK(peer_expect(&guest, FRAME_PROCESSES, next_call, NULL));
	peer_send(&guest, FRAME_STATUS, 1, next_call, long_list, 1000);
	CHECK(peer_is_silent(&client));
	peer_send(&guest, FRAME_STATUS, 0, next_call, long_list + 1000, sizeof long_list - 1000 - 50000);
	peer_turn();
	CHECK(stand_in_broken[0]);
	next_call++;
	end();

	begin("a reply that is longer than a frame is passed on in parts", 0, false);
	greet();
	PEER_ASK(&client, FRAME_PROCESSES, 9, "");
	CHECK(peer_expect(&guest, FRAME_PROCESSES, next_call, NULL));
	peer_send(&guest, FRAME_STATUS, 1, next_call, long_list, 40000);
	peer_send(&guest, FRAME_STATUS, 0, next_call, long_list + 40000, sizeof long_list - 40000);
	CHECK(peer_expect(&client, FRAME_STATUS, 9, &frame) && frame.stream == 1 && frame.length == FRAME_PAYLOAD_MAX);
	CHECK(peer_expect(&client, FRAME_STATUS, 9, &frame) && frame.stream == 0 && frame.length == 100);
	next_call++;
	end();

	begin("between a freeze and its end nothing is sent", 0, false);
	greet();
	PEER_ASK(&client, FRAME_FREEZE, 5, "on\0001\0");
	PEER_ASK(&client, FRAME_STATS, 6, "");
	CHECK(peer_expect(&guest, FRAME_FREEZE, next_call, NULL));
	PEER_ASK(&guest, FRAME_OK, next_call, "");
	CHECK(peer_expect(&client, FRAME_OK, 5, NULL));
	CHECK(peer_is_silent(&guest));
	PEER_ASK(&client, FRAME_FREEZE, 7, "");
	CHECK(peer_expect(&guest, FRAME_FREEZE, (uint16_t)(next_call + 2), NULL));
	CHECK(peer_expect(&guest, FRAME_STATS, (uint16_t)(next_call + 1), NULL));
	next_call += 3;
	end();

	begin("a client that leaves takes no reply with it", 0, false);
	greet();
	PEER_ASK(&client, FRAME_STATS, 6, "");
	peer_close(&client);
	CHECK(peer_expect(&guest, FRAME_STATS, next_call, NULL));
	PEER_ASK(&guest, FRAME_STATUS, next_call++, "");
	CHECK(!stand_in_broken[0]);
	end();
}

static void life(void)
{
	struct frame frame;
	uint16_t first = begin_running("output, credit, end and exit record of a container in a guest", 0);
	static uint8_t chunk[FRAME_PAYLOAD_MAX];
	peer_send(&guest, FRAME_DATA, STREAM_STDERR, ATTACH_CALL(first), "oh", 2);
	CHECK(peer_expect(&client, FRAME_DATA, 2, &frame) && frame.stream == STREAM_STDERR && frame.length == 2);
	peer_send(&guest, FRAME_DATA, STREAM_STDOUT, ATTACH_CALL(first), chunk, sizeof chunk);
	CHECK(peer_expect(&client, FRAME_DATA, 2, &frame) && frame.length == sizeof chunk);
	CHECK(peer_expect(&guest, FRAME_CREDIT, ATTACH_CALL(first), &frame) && frame_u32(frame.payload) == sizeof chunk + 2);
	PEER_ASK(&guest, FRAME_EXIT, WAIT_CALL(first), "exit-code\0005\0oom-killed\0001\0");
	CHECK(peer_is_silent(&client));
	peer_send(&guest, FRAME_DATA, STREAM_STDOUT, ATTACH_CALL(first), "late", 4);
	peer_send(&guest, FRAME_EOF, STREAM_STDOUT, ATTACH_CALL(first), NULL, 0);
	PEER_ASK(&guest, FRAME_CLOSED, ATTACH_CALL(first), "");
	CHECK(peer_expect(&client, FRAME_DATA, 2, &frame) && frame.length == 4);
	CHECK(peer_expect(&client, FRAME_EOF, 2, &frame) && frame.stream == STREAM_STDOUT);
	CHECK(peer_expect(&client, FRAME_EOF, 2, &frame) && frame.stream == STREAM_STDERR);
	CHECK(peer_expect(&client, FRAME_CLOSED, 2, NULL));
	CHECK(peer_expect(&client, FRAME_EXIT, 3, &frame) && strcmp(peer_field(&frame, "exit-code"), "5") == 0);
	CHECK(strcmp(peer_field(&frame, "oom-killed"), "1") == 0 && *peer_field(&frame, "error") == 0);
	end();

	first = begin_running("stdin goes to the guest within its window, its end behind it", 2);
	peer_send(&client, FRAME_DATA, STREAM_STDIN, 2, chunk, sizeof chunk);
	CHECK(peer_expect(&guest, FRAME_DATA, ATTACH_CALL(first), &frame) && frame.length == sizeof chunk);
	CHECK(peer_expect(&client, FRAME_CREDIT, 2, NULL));
	for (int i = 0; i < 4; i++)
		peer_send(&client, FRAME_DATA, STREAM_STDIN, 2, chunk, sizeof chunk);
	peer_send(&client, FRAME_EOF, STREAM_STDIN, 2, NULL, 0);
	size_t sent = 0;
	while (peer_next(&guest, &frame) && frame.type == FRAME_DATA)
		sent += frame.length;
	CHECK(sent == WINDOW - sizeof chunk);
	peer_send(&guest, FRAME_CREDIT, STREAM_STDIN, ATTACH_CALL(first), "\0\1\0\0", 4);
	CHECK(peer_expect(&guest, FRAME_DATA, ATTACH_CALL(first), &frame) && frame.length == sizeof chunk);
	CHECK(peer_expect(&guest, FRAME_EOF, ATTACH_CALL(first), NULL));
	end();

	first = begin_running("a machine that ends before its container says why", 0);
	stand_in_machine_ends();
	CHECK(peer_expect(&client, FRAME_EOF, 2, NULL) && peer_expect(&client, FRAME_EOF, 2, NULL));
	CHECK(peer_expect(&client, FRAME_CLOSED, 2, NULL));
	CHECK(peer_expect(&client, FRAME_EXIT, 3, &frame) && strcmp(peer_field(&frame, "exit-code"), "137") == 0);
	CHECK(strcmp(peer_field(&frame, "error"), "qemu was killed by signal 9") == 0);
	end();

	begin("a start that the guest refuses is told in its words", 0, false);
	greet();
	first = next_call;
	next_call += 3;
	PEER_ASK(&client, FRAME_START, 4, "");
	PEER_ASK(&guest, FRAME_OK, ATTACH_CALL(first), "");
	PEER_ASK(&guest, FRAME_ERROR, WAIT_CALL(first), "code\0runtime_failed\0message\0no\0");
	PEER_ASK(&guest, FRAME_CLOSED, ATTACH_CALL(first), "");
	PEER_ASK(&guest, FRAME_ERROR, START_CALL(first), "code\0runtime_failed\0message\0no such file\0");
	CHECK(peer_expect(&client, FRAME_ERROR, 4, &frame) && strcmp(peer_field(&frame, "message"), "no such file") == 0);
	end();

	begin("a restored machine's container is taken over with the time it started", 0, true);
	greet();
	first = next_call;
	next_call += 3;
	PEER_ASK(&client, FRAME_START, 4, "");
	CHECK(peer_expect(&guest, FRAME_STATE, first, NULL));
	CHECK(peer_expect(&guest, FRAME_ATTACH, (uint16_t)(first + 1), NULL));
	CHECK(peer_expect(&guest, FRAME_WAIT, (uint16_t)(first + 2), NULL));
	PEER_ASK(&guest, FRAME_STATUS, first, "status\0running\0terminal\0001\0pid\0007\0");
	CHECK(peer_expect(&client, FRAME_STARTED, 4, &frame));
	CHECK(strcmp(peer_field(&frame, "started-at"), "2026-01-02T03:04:05Z") == 0);
	end();
}

static void execs(void)
{
	struct frame frame;
	begin_running("an exec's streams and end are its client's", 0);
	PEER_ASK(&client, FRAME_EXEC, 6, "exec\0e\0arg\0sh\0stdout\0001\0");
	PEER_ASK(&client, FRAME_WAIT, 7, "exec\0e\0");
	uint16_t exec = next_call;
	next_call += 2;
	CHECK(peer_expect(&guest, FRAME_EXEC, exec, &frame) && strcmp(peer_field(&frame, "arg"), "sh") == 0);
	CHECK(peer_expect(&guest, FRAME_WAIT, (uint16_t)(exec + 1), &frame) && strcmp(peer_field(&frame, "exec"), "e") == 0);
	PEER_ASK(&guest, FRAME_STARTED, exec, "pid\00012\0started-at\0x\0");
	CHECK(peer_expect(&client, FRAME_STARTED, 6, &frame) && strcmp(peer_field(&frame, "pid"), "12") == 0);
	peer_send(&guest, FRAME_DATA, STREAM_STDOUT, exec, "hi", 2);
	CHECK(peer_expect(&client, FRAME_DATA, 6, NULL));
	PEER_ASK(&guest, FRAME_CLOSED, exec, "");
	PEER_ASK(&guest, FRAME_EXIT, (uint16_t)(exec + 1), "exit-code\0003\0");
	CHECK(peer_expect(&client, FRAME_EOF, 6, NULL));
	CHECK(peer_expect(&client, FRAME_CLOSED, 6, NULL));
	CHECK(peer_expect(&client, FRAME_EXIT, 7, &frame) && strcmp(peer_field(&frame, "exit-code"), "3") == 0);
	CHECK(!stand_in_broken[0]);
	end();
}

/* Frames of a guest whose container runs: on the call of the streams (0), of the end (1), or on another channel. */
static const struct {
	const char *what;
	uint8_t type;
	uint8_t stream;
	uint16_t call;
	const char *payload;
	size_t length;
} hostile[] = {
	{"output on stdin", FRAME_DATA, 0, 0, "x", 1},
	{"output on a stream that does not exist", FRAME_DATA, 3, 0, "x", 1},
	{"empty output", FRAME_DATA, 1, 0, "", 0},
	{"output on a call without streams", FRAME_DATA, 1, 1, "x", 1},
	{"output on a channel that is not open", FRAME_DATA, 1, 900, "x", 1},
	{"a reply on a channel that is not open", FRAME_OK, 0, 900, "", 0},
	{"the first reply again", FRAME_OK, 0, 0, "", 0},
	{"a reply of another request", FRAME_STATUS, 0, 1, "", 0},
	{"a reply that does not parse", FRAME_EXIT, 0, 1, "exit-code", 9},
	{"an exit code of 256", FRAME_EXIT, 0, 1, "exit-code\000256\0", 14},
	{"an exit without a code", FRAME_EXIT, 0, 1, "", 0},
	{"an end of stdin that nobody attached to", FRAME_EOF, 0, 0, "", 0},
	{"an end of stream with a payload", FRAME_EOF, 1, 0, "x", 1},
	{"credit for what was not sent", FRAME_CREDIT, 0, 0, "\0\0\0\1", 4},
	{"credit of five bytes", FRAME_CREDIT, 0, 0, "\0\0\0\0\0", 5},
	{"credit for output", FRAME_CREDIT, 1, 0, "\0\0\0\1", 4},
	{"a request", FRAME_SIGNAL, 0, 0, "signal\0009\0", 9},
	{"a close", FRAME_CLOSE, 0, 0, "", 0},
	{"a frame of unknown type", 0x77, 0, 0, "", 0},
	{"a second greeting", FRAME_HELLO, 0, UINT16_MAX, HELLO, sizeof HELLO - 1},
	{"a second boot", FRAME_BOOTED, 0, UINT16_MAX, "", 0},
	{"out of memory with a payload", FRAME_OOM, 0, UINT16_MAX, "x", 1},
	{"an error on channel 0", FRAME_ERROR, 0, UINT16_MAX, "", 0},
};

static void hostile_guests(void)
{
	static uint8_t chunk[FRAME_PAYLOAD_MAX];
	struct frame frame;
	/* Named as long as its outcome may be printed. */
	static char name[128];
	for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
		snprintf(name, sizeof name, "a guest that sends %s is ended", hostile[i].what);
		uint16_t first = begin_running(name, 0);
		uint16_t channel = hostile[i].call == UINT16_MAX ? 0 : (uint16_t)(first + hostile[i].call);
		peer_send(&guest, hostile[i].type, hostile[i].stream, channel, hostile[i].payload, hostile[i].length);
		CHECK(strncmp(stand_in_broken, "the guest broke the session protocol: ", 38) == 0);
		while (peer_next(&client, &frame) && frame.type != FRAME_EXIT)
			continue;
		CHECK(frame.type == FRAME_EXIT && strcmp(peer_field(&frame, "exit-code"), "137") == 0);
		CHECK(strcmp(peer_field(&frame, "error"), stand_in_broken) == 0);
		end();
	}

	uint16_t first = begin_running("a guest that sends more than its window is ended", 0);
	/* The client gives nothing back and its connection is full: what comes is credited until then only. */
	for (int i = 0; i < 40 && !stand_in_broken[0]; i++) {
		static uint8_t header[FRAME_HEADER];
		frame_header(header, sizeof chunk, FRAME_DATA, STREAM_STDOUT, ATTACH_CALL(first));
		if (write(guest.fd, header, sizeof header) != sizeof header || write(guest.fd, chunk, sizeof chunk) < 0)
			break;
		peer_turn();
	}
	CHECK(strstr(stand_in_broken, "more output than the window allows"));
	end();

	begin("a frame before the greeting ends the machine", 0, false);
	PEER_ASK(&guest, FRAME_OK, 1, "");
	CHECK(stand_in_broken[0]);
	end();

	begin("a guest of another version is ended", 0, false);
	PEER_ASK(&guest, FRAME_HELLO, 0, "version\0001\0oldest\0001\0supervisor\0guest\0");
	CHECK(stand_in_broken[0]);
	end();

	begin("an answer of 4 MiB and more ends the machine", 0, false);
	greet();
	PEER_ASK(&client, FRAME_PROCESSES, 9, "");
	for (int i = 0; i < 65 && !stand_in_broken[0]; i++)
		peer_send(&guest, FRAME_STATUS, 1, next_call, chunk, sizeof chunk);
	next_call++;
	CHECK(strstr(stand_in_broken, "too long"));
	end();
}

void link_tests(void)
{
	requests();
	life();
	execs();
	hostile_guests();
}
