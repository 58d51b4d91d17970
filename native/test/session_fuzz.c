#include "session_fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bytes.h"
#include "client.h"
#include "guest_fuzz.h"
#include "log_file.h"
#include "oom.h"
#include "stand_ins.h"
#include "task.h"

#define PEERS 4
/* Channels that sensible requests use: few, so that they meet. */
#define CHANNELS 6

struct peer_channel {
	bool open;
	/* Attached: only CLOSED or an error ends it. */
	bool streams;
	bool has_stdin;
	/* Output that may still come, input that may still be sent. */
	uint32_t window;
	uint32_t input_window;
};

/* A client as seen from its own end. */
struct peer {
	int fd;
	bool greeted;
	/* It sent nonsense, so only the form of what comes is checked. */
	bool wild;
	bool send_ended;
	uint8_t in[2 * FRAME_MAX];
	size_t in_length;
	struct peer_channel channels[CHANNELS];
};

static struct peer peers[PEERS];
static char run_folder[4096];

void session_fuzz_open(const char *folder)
{
	static char log[4200];
	snprintf(run_folder, sizeof run_folder, "%s", folder);
	snprintf(log, sizeof log, "%s/log", folder);
	stand_in_log = log;
	if (!loop_open() || !task_open("fuzz", run_folder, run_folder)) {
		perror(folder);
		exit(2);
	}
	for (int i = 0; i < PEERS; i++)
		peers[i].fd = -1;
}

static void forbidden(const char *what)
{
	fprintf(stderr, "a client was sent %s\n", what);
	abort();
}

/* Frames behind which the channel is over. */
static bool ends_channel(uint8_t type, bool streams)
{
	return type == FRAME_ERROR || type == FRAME_CLOSED || (!streams && type >= FRAME_OK && type <= FRAME_STATUS);
}

static void check_frame(struct peer *peer, const struct frame *frame)
{
	bool stream_type = frame->type == FRAME_DATA || frame->type == FRAME_EOF || frame->type == FRAME_CREDIT;
	bool reply = frame->type >= FRAME_OK && frame->type <= FRAME_CLOSED;
	if (!peer->greeted && frame->type != FRAME_HELLO)
		forbidden("something before the greeting");
	if (!stream_type && !reply && frame->type != FRAME_HELLO && frame->type != FRAME_OOM)
		forbidden("a frame of a client's type");
	if (stream_type && frame->stream > STREAM_STDERR)
		forbidden("a stream that does not exist");
	peer->greeted = true;
	if (peer->wild || frame->channel == 0)
		return;
	if (frame->channel >= CHANNELS || !peer->channels[frame->channel].open)
		forbidden("a frame on a channel that is not open");
	struct peer_channel *channel = &peer->channels[frame->channel];
	if (frame->type == FRAME_DATA) {
		if (frame->length > channel->window)
			forbidden("more output than its window");
		channel->window -= frame->length;
	}
	if (frame->type == FRAME_CREDIT) {
		channel->input_window += frame_u32(frame->payload);
		if (frame->length != 4 || channel->input_window > WINDOW)
			forbidden("more credit than it sent");
	}
	if (ends_channel(frame->type, channel->streams))
		channel->open = false;
}

static void close_peer(struct peer *peer)
{
	if (peer->fd >= 0)
		close(peer->fd);
	*peer = (struct peer){.fd = -1};
}

static void receive(struct peer *peer, size_t most)
{
	size_t room = sizeof peer->in - peer->in_length;
	ssize_t count = peer->fd < 0 ? 0 : read(peer->fd, peer->in + peer->in_length, most < room ? most : room);
	if (count <= 0)
		return;
	peer->in_length += (size_t)count;
	size_t used = 0;
	struct frame frame;
	long size;
	while ((size = frame_parse(peer->in + used, peer->in_length - used, &frame)) > 0) {
		check_frame(peer, &frame);
		used += (size_t)size;
	}
	if (size < 0)
		forbidden("a frame that is too long");
	peer->in_length -= used;
	memmove(peer->in, peer->in + used, peer->in_length);
}

static void send_bytes(struct peer *peer, const uint8_t *bytes, size_t length)
{
	if (peer->fd < 0 || peer->send_ended)
		return;
	ssize_t count = write(peer->fd, bytes, length);
	/* A frame that was sent in part makes everything behind it nonsense. */
	if (count < (ssize_t)length)
		peer->wild = true;
}

static void send_frame(struct peer *peer, const struct frame *frame)
{
	static uint8_t bytes[FRAME_MAX];
	frame_header(bytes, frame->length, frame->type, frame->stream, frame->channel);
	memcpy(bytes + FRAME_HEADER, frame->payload, frame->length);
	send_bytes(peer, bytes, FRAME_HEADER + frame->length);
}

static void come(struct peer *peer, struct source_bytes *from)
{
	int ends[2];
	close_peer(peer);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) < 0)
		abort();
	client_accept(ends[0]);
	peer->fd = ends[1];
	peer->wild = take(from) % 16 == 0;
	static const char hello[] = "version\0001\0oldest\0001";
	if (!peer->wild)
		send_frame(peer, &(struct frame){sizeof hello, FRAME_HELLO, 0, 0, (const uint8_t *)hello});
}

static void send_garbage(struct peer *peer, struct source_bytes *from)
{
	size_t length = take(from);
	if ((size_t)(from->end - from->at) < length)
		length = (size_t)(from->end - from->at);
	peer->wild = true;
	send_bytes(peer, from->at, length);
	from->at += length;
}

/* A frame whose type and fields make sense more often than not. */
static void send_request(struct peer *peer, struct source_bytes *from)
{
	static const char *const pairs[][2] = {
		{"exec", "a"}, {"exec", "b"}, {"exec", "c"}, {"process", "{}"}, {"stdin", "1"}, {"stdout", "1"},
		{"stderr", "1"}, {"terminal", "1"}, {"signal", "9"}, {"columns", "80"}, {"rows", "24"},
		{"exec", "not/an/id"}, {"rows", "x"}, {"unknown", "1"}, {"idle-ms", "1000"},
	};
	/* What each type needs, and what else it may have. */
	static const struct {
		uint8_t type;
		uint16_t needs;
		uint16_t allows;
	} kinds[] = {
		{FRAME_PREPARE, 0, 0}, {FRAME_START, 0, 0}, {FRAME_ATTACH, 0, 0x70}, {FRAME_EXEC, 0x08, 0x6f7},
		{FRAME_SIGNAL, 0x100, 7}, {FRAME_RESIZE, 0x600, 7}, {FRAME_STATE, 0, 0}, {FRAME_WAIT, 0, 7},
		{FRAME_ATTACH, 0x70, 0}, {FRAME_EXEC, 0x6a, 0x80}, {FRAME_CUT_OFF, 0x4000, 0},
		/* What a machine's guest answers. */
		{FRAME_STATS, 0, 0}, {FRAME_CONFIGURE, 0, 0x2000}, {FRAME_EXEC, 0x61, 0x90}, {FRAME_FREEZE, 0, 0},
	};
	uint8_t kind = take(from) % (sizeof kinds / sizeof *kinds);
	uint8_t choice = take(from);
	uint16_t channel = (uint16_t)(1 + take(from) % (CHANNELS - 1));
	if (peer->channels[channel].open && choice % 8)
		return;
	uint16_t mask = kinds[kind].needs | (kinds[kind].allows & (uint16_t)(choice * 257u));
	if (choice == 255)
		mask = take(from) * 61u;
	uint8_t payload[1024];
	struct fields fields = {payload, 0, sizeof payload};
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
		if (mask & 1u << i)
			fields_text(&fields, pairs[i][0], pairs[i][1]);
	if (kinds[kind].type == FRAME_PREPARE)
		payload[fields.length++] = choice & 15;
	/* On a channel in use the connection ends. */
	peer->wild |= peer->channels[channel].open;
	bool streams = kinds[kind].type == FRAME_ATTACH || kinds[kind].type == FRAME_EXEC;
	peer->channels[channel] = (struct peer_channel){true, streams, mask & 0x10, WINDOW, WINDOW};
	send_frame(peer, &(struct frame){(uint32_t)fields.length, kinds[kind].type, 0, channel, payload});
}

static void send_stream(struct peer *peer, struct source_bytes *from)
{
	static uint8_t payload[FRAME_PAYLOAD_MAX];
	static const uint8_t types[] = {FRAME_DATA, FRAME_DATA, FRAME_EOF, FRAME_CLOSE};
	uint8_t choice = take(from);
	uint16_t channel = (uint16_t)(1 + take(from) % (CHANNELS - 1));
	struct frame frame = {0, types[choice % 4], 0, channel, payload};
	struct peer_channel *open = peer->channels[channel].open ? &peer->channels[channel] : NULL;
	if (frame.type == FRAME_DATA)
		frame.length = (uint32_t)take_length(from);
	/* Against the rules on purpose once in a while; for a channel that is over anything is ignored. */
	bool allowed = !open || frame.type == FRAME_CLOSE || (open->has_stdin && frame.length <= open->input_window);
	if (!allowed && choice < 250)
		return;
	peer->wild |= !allowed;
	if (open && allowed)
		open->input_window -= frame.length;
	send_frame(peer, &frame);
}

static void give_credit(struct peer *peer, struct source_bytes *from)
{
	uint16_t number = (uint16_t)(1 + take(from) % (CHANNELS - 1));
	struct peer_channel *channel = &peer->channels[number];
	uint32_t bytes = WINDOW - channel->window;
	if (!channel->open || !bytes)
		return;
	if (take(from) % 4)
		bytes = bytes / 2 + 1;
	channel->window += bytes;
	uint8_t payload[4] = {(uint8_t)(bytes >> 24), (uint8_t)(bytes >> 16), (uint8_t)(bytes >> 8), (uint8_t)bytes};
	send_frame(peer, &(struct frame){4, FRAME_CREDIT, STREAM_STDOUT, number, payload});
}

static void end_sending(struct peer *peer)
{
	if (peer->fd >= 0)
		shutdown(peer->fd, SHUT_WR);
	peer->send_ended = true;
}

static void turn(void)
{
	loop_turn(0);
	clients_settle();
	task_sweep();
}

static void step(struct source_bytes *from)
{
	uint8_t what = take(from);
	struct peer *peer = &peers[what / 32 % PEERS];
	unsigned which = what / 32;
	switch (what % 32) {
	case 0:
	case 1:
		return come(peer, from);
	case 2:
		return send_garbage(peer, from);
	case 3:
		return close_peer(peer);
	case 4:
		return end_sending(peer);
	case 5:
	case 6:
	case 7:
		return send_stream(peer, from);
	case 8:
	case 9:
		return give_credit(peer, from);
	case 10:
	case 11:
	case 12:
		return receive(peer, take_length(from));
	case 13:
	case 14:
	case 15:
		return stand_in_runtime_ends(take(from) % 8 != 0);
	case 16:
		return stand_in_write(which, take(from) & 1, take_length(from));
	case 17:
	case 18:
		/* Enough to outrun a client's window. */
		for (unsigned count = take(from) % 16; count > 0; count--) {
			stand_in_write(which, false, FRAME_PAYLOAD_MAX);
			turn();
		}
		return;
	case 19:
		return stand_in_read(which, take_length(from));
	case 20:
		return stand_in_close(which, take(from));
	case 21:
		return stand_in_exit(which, take(from));
	case 22:
		return stand_in_delete_ends();
	case 23:
		return clients_oom();
	case 25:
	case 26:
	case 27:
		return guest_fuzz_step(from);
	case 24:
		return stand_in_pass_time((uint64_t)take(from) * 50);
	default:
		return send_request(peer, from);
	}
}

void session_fuzz_end(void)
{
	for (int i = 0; i < PEERS; i++)
		close_peer(&peers[i]);
	guest_fuzz_end();
	clients_cut_off(NO_PROGRESS_MS);
	for (int rounds = 0; rounds < 64 && !clients_leave(); rounds++) {
		stand_in_pass_time(NO_PROGRESS_MS);
		turn();
	}
	if (!clients_leave() || task.init.channels) {
		fprintf(stderr, "a client or a channel is left over\n");
		abort();
	}
	clients_cut_off(0);
	for (struct process *exec = task.execs; exec; exec = exec->next) {
		process_close(exec);
		exec->status = PROCESS_ENDED;
		exec->told = true;
	}
	task_sweep();
	if (task.execs) {
		fprintf(stderr, "an exec is left over\n");
		abort();
	}
	process_close(&task.init);
	process_init(&task.init, "");
	stand_in_reset();
	log_end_stream(STREAM_STDOUT);
	log_end_stream(STREAM_STDERR);
	log_close();
	oom_happened();
	free(task.prepare_error);
	task.prepare_error = NULL;
	task.prepared = false;
	task.status = TASK_NEW;
}

/* Most sessions are about a container that runs. */
static void begin_session(struct source_bytes *from)
{
	uint8_t flags = take(from);
	if (flags % 16 >= 8)
		guest_fuzz_begin(from);
	if (flags >= 224)
		return;
	come(&peers[0], &(struct source_bytes){&flags, &flags + 1});
	if (peers[0].wild)
		return;
	uint8_t kind = flags & 7;
	peers[0].channels[1] = peers[0].channels[2] = (struct peer_channel){.open = true};
	send_frame(&peers[0], &(struct frame){1, FRAME_PREPARE, 0, 1, &kind});
	send_frame(&peers[0], &(struct frame){0, FRAME_START, 0, 2, &kind});
}

void session_fuzz_play(const uint8_t *bytes, size_t length)
{
	struct source_bytes from = {bytes, bytes + length};
	begin_session(&from);
	turn();
	while (from.at < from.end) {
		step(&from);
		turn();
	}
	session_fuzz_end();
}
