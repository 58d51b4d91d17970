#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe.h"

#define TRIPS 1000u
#define TRIP_BYTES 64u
#define BLOCK (64u * 1024u)
#define STREAM_BYTES (64ull * 1024 * 1024)
#define TIMEOUT_SECONDS 60

static int move_all(int socket_fd, unsigned char *bytes, size_t length, int outwards)
{
	for (size_t done = 0; done < length;) {
		ssize_t moved = outwards ? send(socket_fd, bytes + done, length - done, MSG_NOSIGNAL)
					 : recv(socket_fd, bytes + done, length - done, 0);
		if (moved < 0 && errno == EINTR)
			continue;
		if (moved == 0)
			errno = EIO;
		if (moved <= 0)
			return -1;
		done += (size_t)moved;
	}
	return 0;
}

/* Echoes each trip, then takes the stream and acknowledges it with one byte. */
static void answer(int connection)
{
	static unsigned char bytes[BLOCK];
	for (unsigned i = 0; i < TRIPS; i++) {
		if (move_all(connection, bytes, TRIP_BYTES, 0) < 0 || move_all(connection, bytes, TRIP_BYTES, 1) < 0)
			return;
	}
	for (uint64_t total = 0; total < STREAM_BYTES; total += BLOCK) {
		if (move_all(connection, bytes, BLOCK, 0) < 0)
			return;
	}
	move_all(connection, bytes, 1, 1);
}

_Noreturn void serve(uint16_t port)
{
	signal(SIGCHLD, SIG_IGN);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in place = {.sin_family = AF_INET, .sin_port = htons(port)};
	int on = 1;
	if (listener < 0)
		fail("serve", errno);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(listener, (struct sockaddr *)&place, sizeof place) < 0 || listen(listener, 16) < 0)
		fail("serve", errno);
	printf("ready\n");
	fflush(stdout);
	for (;;) {
		int connection = accept(listener, NULL, NULL);
		if (connection < 0)
			continue;
		setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
		if (fork() == 0) {
			answer(connection);
			_exit(0);
		}
		close(connection);
	}
}

void work_network(const char *address, uint16_t port)
{
	static unsigned char bytes[BLOCK];
	struct sockaddr_in place = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct timeval patience = {.tv_sec = TIMEOUT_SECONDS};
	int on = 1;
	if (inet_pton(AF_INET, address, &place.sin_addr) != 1)
		fail("network", EINVAL);
	int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connection < 0)
		fail("network", errno);
	setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (connect(connection, (struct sockaddr *)&place, sizeof place) < 0)
		fail("network", errno);
	say_begin("round-trips");
	for (unsigned i = 0; i < TRIPS; i++) {
		if (move_all(connection, bytes, TRIP_BYTES, 1) < 0 || move_all(connection, bytes, TRIP_BYTES, 0) < 0)
			fail("network", errno);
	}
	say_end("round-trips", TRIPS);
	say_begin("stream");
	for (uint64_t total = 0; total < STREAM_BYTES; total += BLOCK) {
		if (move_all(connection, bytes, BLOCK, 1) < 0)
			fail("network", errno);
	}
	if (move_all(connection, bytes, 1, 0) < 0)
		fail("network", errno);
	say_end("stream", STREAM_BYTES);
	close(connection);
}
