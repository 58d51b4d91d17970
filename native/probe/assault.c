#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "assault.h"
#include "probe.h"

/* Repeatable noise. */
static uint32_t noise(void)
{
	static uint32_t state = 2463534242u;
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state;
}

static void fill(unsigned char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		bytes[i] = (unsigned char)noise();
}

/* Header of the session protocol (docs/session-protocol.md): length, type, stream, channel. */
static void header(unsigned char *out, uint32_t length, unsigned type, unsigned channel)
{
	const unsigned char bytes[8] = {
		(unsigned char)(length >> 24), (unsigned char)(length >> 16), (unsigned char)(length >> 8),
		(unsigned char)length, (unsigned char)type, 1, (unsigned char)(channel >> 8), (unsigned char)channel,
	};
	memcpy(out, bytes, sizeof bytes);
}

static void write_all(int file, const unsigned char *bytes, size_t length)
{
	for (size_t done = 0; done < length;) {
		ssize_t moved = write(file, bytes + done, length - done);
		if (moved < 0)
			fail("link", errno);
		done += (size_t)moved;
	}
}

void assault_link(const char *path, const char *kind)
{
	static unsigned char frame[8 + 65536];
	int file = open(path, O_RDWR | O_CLOEXEC);
	if (file < 0)
		fail("link", errno);
	say_begin("link");
	for (unsigned i = 0; i < 4096; i++) {
		size_t length = sizeof frame;
		fill(frame, length);
		if (!strcmp(kind, "giant"))
			header(frame, 0xfffffff0u, 0x02, 1);
		else if (!strcmp(kind, "flood"))
			header(frame, 65536, 0x02, noise() & 0xff);
		else if (!strcmp(kind, "replies"))
			header(frame, 65536, 0x20 + (noise() & 7), noise() & 0xff);
		else if (strcmp(kind, "noise") != 0)
			fail("link", EINVAL);
		write_all(file, frame, length);
	}
	say_end("link", 4096);
}

void assault_memory(uint64_t start, uint64_t length)
{
	int file = open("/dev/mem", O_RDWR | O_SYNC | O_CLOEXEC);
	if (file < 0)
		fail("memory", errno);
	uint64_t pages = 0;
	say_begin("memory");
	for (uint64_t offset = 0; offset < length; offset += 4096) {
		volatile uint32_t *page =
			mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, (off_t)(start + offset));
		if (page == MAP_FAILED)
			continue;
		pages++;
		for (unsigned round = 0; round < 2048; round++)
			page[noise() & 1023] = noise() & ((round & 1) ? 0xffu : 0xffffffffu);
		munmap((void *)page, 4096);
	}
	say_end("memory", pages);
}

void assault_ports(void)
{
	if (iopl(3) < 0)
		fail("ports", errno);
	say_begin("ports");
	for (unsigned port = 0; port < 0x10000 - 4; port++) {
		outb((unsigned char)noise(), (unsigned short)port);
		outl(noise(), (unsigned short)port);
		inl((unsigned short)port);
	}
	say_end("ports", 0x10000 - 4);
}

/* sockaddr_ll of linux/if_packet.h. */
struct packet_address {
	uint16_t family, protocol;
	int32_t interface;
	uint16_t hardware;
	uint8_t kind, length, address[8];
};

void assault_packets(unsigned interface, unsigned count)
{
	static unsigned char packet[1514];
	int file = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	struct packet_address to = {.family = AF_PACKET, .interface = (int32_t)interface, .length = 6};
	if (file < 0)
		fail("packets", errno);
	say_begin("packets");
	unsigned sent = 0;
	for (unsigned i = 0; i < count; i++) {
		size_t length = 14 + noise() % 1500;
		fill(packet, length);
		/* To all, so that the host's own address is among who gets it; IPv4, IPv6, ARP, or anything. */
		memset(packet, 0xff, 6);
		static const uint16_t kinds[] = {0x0008, 0xdd86, 0x0608};
		if (i % 4 < 3)
			memcpy(packet + 12, &kinds[i % 4], 2);
		if (sendto(file, packet, length, MSG_DONTWAIT, (struct sockaddr *)&to, sizeof to) > 0)
			sent++;
	}
	say_end("packets", sent);
}
