/*
 * What the daemon asks: whoever connects is told which ports are open, and may end the program.
 *
 *   to (user|nat) (IPV4|-) (IPV6|-)\n               where: nat when anything is translated
 *   bound (tcp|udp|sctp) ADDRESS PORT TARGET_PORT\n   for each open port
 *   ready PID\n
 *
 * A byte from the daemon ends the program; that its connection ends does not.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "file.h"
#include "publish.h"

struct asker {
	struct source source;
	size_t sent;
};

static struct source door = {.fd = -1};
static char *report;
static size_t report_length;

static void asker_ready(struct source *source, uint32_t events)
{
	(void)events;
	struct asker *asker = container_of(source, struct asker, source);
	char byte;
	ssize_t got = read(source->fd, &byte, 1);
	if (got == 1) {
		translate_close();
		exit(0);
	}
	bool gone = got == 0 || (errno != EAGAIN && errno != EINTR);
	if (!gone && asker->sent < report_length) {
		ssize_t count = write(source->fd, report + asker->sent, report_length - asker->sent);
		if (count > 0)
			asker->sent += (size_t)count;
		else if (errno != EAGAIN && errno != EINTR)
			gone = true;
	}
	if (gone) {
		loop_close(source);
		free(asker);
		return;
	}
	loop_want(source, asker->sent < report_length ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

void control_accept(int fd)
{
	struct asker *asker = calloc(1, sizeof *asker);
	if (!asker) {
		close(fd);
		return;
	}
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	asker->source = (struct source){.fd = fd, .ready = asker_ready};
	loop_want(&asker->source, EPOLLIN | EPOLLOUT);
}

static void door_ready(struct source *source, uint32_t events)
{
	(void)events;
	int fd = accept4(source->fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd >= 0)
		control_accept(fd);
}

static const char *protocol_name(int protocol)
{
	return protocol == IPPROTO_UDP ? "udp" : protocol == IPPROTO_SCTP ? "sctp" : "tcp";
}

static bool write_report(void)
{
	FILE *out = open_memstream(&report, &report_length);
	if (!out)
		return false;
	listen_describe(out);
	for (const struct listener *at = listeners; at; at = at->next) {
		char host[INET6_ADDRSTRLEN];
		address_text(&at->host, host);
		fprintf(out, "bound %s %s %u %u\n", protocol_name(at->protocol), host, address_port(&at->host), address_port(&at->target));
	}
	fprintf(out, "ready %d\n", (int)getpid());
	return fclose(out) == 0;
}

bool control_open(int directory_fd)
{
	door = (struct source){.fd = file_listen(directory_fd, "publish.sock"), .ready = door_ready};
	if (door.fd < 0 || !write_report())
		return false;
	loop_want(&door, EPOLLIN);
	return true;
}
