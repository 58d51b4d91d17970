#include <arpa/inet.h>
#include <string.h>

#include "publish.h"

socklen_t address_length(const union address *address)
{
	return address->any.sa_family == AF_INET6 ? sizeof address->v6 : sizeof address->v4;
}

uint16_t address_port(const union address *address)
{
	return ntohs(address->any.sa_family == AF_INET6 ? address->v6.sin6_port : address->v4.sin_port);
}

bool address_parse(union address *address, const char *text, unsigned port)
{
	memset(address, 0, sizeof *address);
	if (port > 65535)
		return false;
	if (inet_pton(AF_INET, text, &address->v4.sin_addr) == 1) {
		address->v4.sin_family = AF_INET;
		address->v4.sin_port = htons((uint16_t)port);
		return true;
	}
	if (inet_pton(AF_INET6, text, &address->v6.sin6_addr) == 1) {
		address->v6.sin6_family = AF_INET6;
		address->v6.sin6_port = htons((uint16_t)port);
		return true;
	}
	return false;
}

void address_text(const union address *address, char *text)
{
	const void *bytes = address->any.sa_family == AF_INET6 ? (const void *)&address->v6.sin6_addr
	                                                       : (const void *)&address->v4.sin_addr;
	inet_ntop(address->any.sa_family, bytes, text, INET6_ADDRSTRLEN);
}
