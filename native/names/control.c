/*
 * What the daemon orders: lines of words, of which each is said by a letter of its own (docs/decisions/0174).
 *
 *   container ID SERVER…                                      may ask; its own servers, none: the host's
 *   forget ID                                                 is gone, and all of its endpoints
 *   endpoint NETWORK NETWORK-NAME (internal|open) ID PRIORITY V4 V6 NAME…  ALIAS=ID…
 *   left NETWORK ID
 *   egress ID (container|NETWORK) TABLE NAME=SET…             may leave for these names only (egress.h)
 *   egress-end ID (container|NETWORK)
 *   refill ID                                                 puts addresses into sets again
 *   who ID ADDRESS                                            answered `who ID ADDRESS NAME`, or `-`
 *   sync, synced                                              what is not said between these is gone
 *   attach ID FD                                              serves it in the namespace that the daemon has open there
 *   hello                                                     who is there
 *   stop
 *
 * Answers: to hello `hull-names VERSION`, `attached ID` for each that is, `ready PID`; `attached ID` or
 * `failed ID ERRNO` to attach. To who has said hello, `denied ID TYPE NAME` for questions that a policy refuses.
 * A machine's supervisor says `machine ID` and nothing more (relay.c).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "egress.h"
#include "file.h"
#include "names.h"

#define VERSION 2
#define LINE_MAX_BYTES 65536u
#define WORDS_MAX 160u
/* What waits for a daemon that does not read; news beyond it are lost. */
#define NEWS_MAX 65536u

struct daemon {
	struct source source;
	struct daemon *next;
	int pid;
	/* It is a daemon: it has said hello. */
	bool greeted;
	size_t in_length;
	char *out;
	size_t out_length;
	bool broken;
	/* It turned out to be a machine's supervisor, and is somebody else's. */
	bool gone;
	char in[LINE_MAX_BYTES];
};

static struct source door = {.fd = -1};
static struct daemon *daemons;

static void say(struct daemon *daemon, const char *text)
{
	size_t length = strlen(text);
	char *larger = realloc(daemon->out, daemon->out_length + length);
	if (!larger) {
		daemon->broken = true;
		return;
	}
	memcpy(larger + daemon->out_length, text, length);
	daemon->out = larger;
	daemon->out_length += length;
}

static void flush(struct daemon *daemon)
{
	ssize_t count = daemon->out_length ? send(daemon->source.fd, daemon->out, daemon->out_length,
						  MSG_DONTWAIT | MSG_NOSIGNAL) : 0;
	daemon->broken |= count < 0 && errno != EAGAIN && errno != EINTR;
	if (count > 0) {
		daemon->out_length -= (size_t)count;
		memmove(daemon->out, daemon->out + count, daemon->out_length);
	}
	loop_want(&daemon->source, EPOLLIN | (daemon->out_length ? EPOLLOUT : 0u));
}

static bool take_container(char *words[], unsigned count)
{
	struct container *container = count >= 2 ? table_make_container(words[1]) : NULL;
	if (!container)
		return false;
	container->served = true;
	container->server_count = 0;
	for (unsigned i = 2; i < count && container->server_count < SERVERS_MAX; i++) {
		struct server *server = server_of(words[i]);
		if (server)
			container->servers[container->server_count++] = server;
	}
	return true;
}

static bool take_endpoint(char *words[], unsigned count)
{
	if (count < 8)
		return false;
	struct endpoint_order order = {
		.network = words[1], .network_name = words[2], .internal = strcmp(words[3], "internal") == 0,
		.container = words[4], .priority = atoi(words[5]), .v4 = words[6], .v6 = words[7],
	};
	for (unsigned i = 8; i < count; i++) {
		if (strchr(words[i], '=') && order.link_count < ENDPOINTS_MAX)
			order.links[order.link_count++] = words[i];
		else if (!strchr(words[i], '=') && order.name_count < ENDPOINTS_MAX)
			order.names[order.name_count++] = words[i];
	}
	return table_put_endpoint(&order);
}

static void attach(struct daemon *daemon, const char *id, int fd)
{
	char line[ID_MAX + 64];
	int sockets[2];
	struct container *container = table_container(id);
	errno = ENOENT;
	bool open = container && container->served && opener_open(daemon->pid, fd, sockets);
	int error = errno;
	if (open && !serve(container, sockets[0], sockets[1])) {
		error = ENOMEM;
		open = false;
		close(sockets[0]);
		close(sockets[1]);
	}
	if (open)
		snprintf(line, sizeof line, "attached %.*s\n", ID_MAX, id);
	else
		snprintf(line, sizeof line, "failed %.*s %d\n", ID_MAX, id, error);
	say(daemon, line);
}

static void say_who(struct daemon *daemon, char *words[])
{
	char line[ID_MAX + 2 * TEXT_NAME_MAX];
	uint8_t address[16];
	size_t length = inet_pton(AF_INET, words[2], address) == 1 ? 4 : inet_pton(AF_INET6, words[2], address) == 1 ? 16 : 0;
	const struct container *container = table_container(words[1]);
	const char *name = container ? egress_name_of(container, address, length) : NULL;
	snprintf(line, sizeof line, "who %.*s %.*s %s\n", ID_MAX, words[1], INET6_ADDRSTRLEN, words[2], name ? name : "-");
	say(daemon, line);
}

/* About what a container may leave for. */
static bool take_egress(struct daemon *daemon, char *words[], unsigned count)
{
	if (strcmp(words[0], "egress") == 0 && count >= 4) {
		struct container *container = table_make_container(words[1]);
		return container && egress_put(container, words[2], words + 3, count - 3);
	}
	struct container *container = count >= 2 ? table_container(words[1]) : NULL;
	if (strcmp(words[0], "egress-end") == 0 && count == 3) {
		if (container)
			egress_end(container, words[2]);
		return true;
	}
	if (strcmp(words[0], "refill") == 0 && count == 2) {
		if (container)
			egress_refill(container);
		return true;
	}
	if (strcmp(words[0], "who") != 0 || count != 3)
		return false;
	say_who(daemon, words);
	return true;
}

static bool take_machine(struct daemon *daemon, const char *id)
{
	struct container *container = table_container(id);
	/* Only as the first thing that it says. */
	if (!container || !container->served || daemon->gone)
		return false;
	loop_want(&daemon->source, 0);
	relay_begin(container, daemon->source.fd);
	daemon->source.fd = -1;
	daemon->gone = true;
	return true;
}

static void greet(struct daemon *daemon)
{
	char line[64 + ID_MAX];
	snprintf(line, sizeof line, "hull-names %d\n", VERSION);
	say(daemon, line);
	for (struct container *at = NULL; (at = table_containers(at));) {
		snprintf(line, sizeof line, "attached %s\n", at->id);
		if (at->sockets)
			say(daemon, line);
	}
	snprintf(line, sizeof line, "ready %d\n", (int)getpid());
	say(daemon, line);
	daemon->greeted = true;
}

static bool carry_out(struct daemon *daemon, char *words[], unsigned count)
{
	const char *order = words[0];
	if (strcmp(order, "container") == 0)
		return take_container(words, count);
	if (strcmp(order, "endpoint") == 0)
		return take_endpoint(words, count);
	if (strcmp(order, "machine") == 0 && count == 2)
		return take_machine(daemon, words[1]);
	if (strcmp(order, "attach") == 0 && count == 3) {
		attach(daemon, words[1], atoi(words[2]));
		return true;
	}
	if (strcmp(order, "left") == 0 && count == 3) {
		table_remove_endpoint(words[1], words[2]);
		return true;
	}
	if (strcmp(order, "forget") == 0 && count == 2) {
		if (table_container(words[1]))
			table_forget(table_container(words[1]));
		return true;
	}
	if (strcmp(order, "sync") == 0 || strcmp(order, "synced") == 0) {
		order[4] ? table_sync_end() : table_sync_begin();
		return true;
	}
	if (strcmp(order, "hello") == 0) {
		greet(daemon);
		return true;
	}
	if (strcmp(order, "stop") == 0)
		exit(0);
	return take_egress(daemon, words, count);
}

static bool take_line(struct daemon *daemon, char *line)
{
	char *words[WORDS_MAX];
	unsigned count = 0;
	for (char *word; (word = strsep(&line, " "));) {
		if (*word && count == WORDS_MAX)
			return false;
		if (*word)
			words[count++] = word;
	}
	return count == 0 || carry_out(daemon, words, count);
}

static void take_lines(struct daemon *daemon)
{
	size_t used = 0;
	while (!daemon->broken && !daemon->gone) {
		char *line = daemon->in + used;
		char *end = memchr(line, '\n', daemon->in_length - used);
		if (!end)
			break;
		*end = 0;
		used += (size_t)(end + 1 - line);
		daemon->broken |= !take_line(daemon, line);
	}
	daemon->in_length -= used;
	memmove(daemon->in, daemon->in + used, daemon->in_length);
	daemon->broken |= daemon->in_length == sizeof daemon->in;
}

void control_settle(void)
{
	if (!daemons && table_is_idle())
		exit(0);
}

static void daemon_ready(struct source *source, uint32_t events)
{
	struct daemon *daemon = container_of(source, struct daemon, source);
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
		ssize_t count = recv(source->fd, daemon->in + daemon->in_length, sizeof daemon->in - daemon->in_length, MSG_DONTWAIT);
		daemon->broken |= count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR);
		daemon->in_length += count > 0 ? (size_t)count : 0;
		take_lines(daemon);
	}
	if (!daemon->broken && !daemon->gone)
		flush(daemon);
	if (!daemon->broken && !daemon->gone)
		return;
	loop_close(source);
	struct daemon **at = &daemons;
	while (*at != daemon)
		at = &(*at)->next;
	*at = daemon->next;
	free(daemon->out);
	free(daemon);
	control_settle();
}

void control_tell(const char *line)
{
	for (struct daemon *at = daemons; at; at = at->next) {
		if (!at->greeted || at->broken || at->gone || at->out_length > NEWS_MAX)
			continue;
		say(at, line);
		flush(at);
	}
}

static int peer_of(int fd)
{
	struct ucred who = {0};
	socklen_t length = sizeof who;
	getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &length);
	return who.pid;
}

void control_accept(int fd)
{
	struct daemon *daemon = calloc(1, sizeof *daemon);
	if (!daemon) {
		close(fd);
		return;
	}
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	daemon->source = (struct source){.fd = fd, .ready = daemon_ready};
	daemon->pid = peer_of(fd);
	daemon->next = daemons;
	daemons = daemon;
	loop_want(&daemon->source, EPOLLIN);
}

static void door_ready(struct source *source, uint32_t events)
{
	(void)events;
	int fd = accept4(source->fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd >= 0)
		control_accept(fd);
}

bool control_open(int directory_fd)
{
	door = (struct source){.fd = file_listen(directory_fd, "names.sock"), .ready = door_ready};
	if (door.fd < 0)
		return false;
	loop_want(&door, EPOLLIN);
	return true;
}
