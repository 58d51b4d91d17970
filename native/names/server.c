/* Other name servers: a container's own, or the host's. */
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "clock.h"
#include "names.h"

#define HOST_FILE "/etc/resolv.conf"
/* How often the host's file is looked at: a laptop changes networks while containers run. */
#define LOOK_MS 1000u
/* As many as can be known; beyond it new ones are not. */
#define KNOWN_MAX 1024u

static struct server *known;
static unsigned known_count;
static struct server *host_servers[SERVERS_MAX];
static unsigned host_count;

static bool parse_address(const char *text, union address *address)
{
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_DGRAM}, *found;
	if (getaddrinfo(text, "53", &hints, &found) != 0)
		return false;
	bool fits = found->ai_addrlen <= sizeof *address;
	memset(address, 0, sizeof *address);
	if (fits)
		memcpy(address, found->ai_addr, found->ai_addrlen);
	freeaddrinfo(found);
	return fits;
}

struct server *server_of(const char *text)
{
	union address address;
	if (!parse_address(text, &address))
		return NULL;
	for (struct server *at = known; at; at = at->next)
		if (memcmp(&at->address, &address, sizeof address) == 0)
			return at;
	struct server *server = known_count < KNOWN_MAX ? calloc(1, sizeof *server) : NULL;
	if (!server)
		return NULL;
	server->address = address;
	server->next = known;
	known = server;
	known_count++;
	return server;
}

static void read_host_file(void)
{
	FILE *file = fopen(HOST_FILE, "re");
	char line[1024], text[64];
	host_count = 0;
	while (file && host_count < SERVERS_MAX && fgets(line, sizeof line, file)) {
		struct server *server = sscanf(line, " nameserver %63s", text) == 1 ? server_of(text) : NULL;
		if (server)
			host_servers[host_count++] = server;
	}
	if (file)
		fclose(file);
}

static void look_at_host_file(void)
{
	static struct stat seen;
	static uint64_t looked_ms;
	uint64_t now = clock_ms();
	struct stat status;
	if (looked_ms && now - looked_ms < LOOK_MS)
		return;
	looked_ms = now;
	if (stat(HOST_FILE, &status) < 0)
		memset(&status, 0, sizeof status);
	bool same = status.st_ino == seen.st_ino && status.st_size == seen.st_size &&
		    status.st_mtim.tv_sec == seen.st_mtim.tv_sec && status.st_mtim.tv_nsec == seen.st_mtim.tv_nsec;
	if (same)
		return;
	seen = status;
	read_host_file();
}

unsigned servers_for(const struct container *container, struct server *servers[SERVERS_MAX])
{
	if (container->server_count) {
		memcpy(servers, container->servers, sizeof container->servers);
		return container->server_count;
	}
	look_at_host_file();
	memcpy(servers, host_servers, sizeof host_servers);
	return host_count;
}
