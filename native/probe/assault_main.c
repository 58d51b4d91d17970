#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "assault.h"
#include "probe.h"

/* QEMU's microvm has virtio devices on the platform bus, and tables with QEMU's old name in them. */
static int in_guest(void)
{
	char table[16] = "";
	int file = open("/sys/firmware/acpi/tables/FACP", O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return 0;
	ssize_t length = read(file, table, sizeof table);
	close(file);
	return length == sizeof table && !memcmp(table + 10, "BOCHS ", 6) &&
	       access("/sys/bus/acpi/devices/LNRO0005:00", F_OK) == 0;
}

int main(int count, char **words)
{
	const char *verb = count > 1 ? words[1] : "";
	if (!in_guest()) {
		fputs("hull-assault: only in a virtual machine\n", stderr);
		return 2;
	}
	if (count == 4 && !strcmp(verb, "link"))
		assault_link(words[2], words[3]);
	else if (count == 4 && !strcmp(verb, "memory"))
		assault_memory(strtoull(words[2], NULL, 0), strtoull(words[3], NULL, 0));
	else if (count == 2 && !strcmp(verb, "ports"))
		assault_ports();
	else if (count == 4 && !strcmp(verb, "packets"))
		assault_packets((unsigned)atoi(words[2]), (unsigned)atoi(words[3]));
	else {
		fputs("usage: hull-assault link PATH KIND | memory START LENGTH | ports | packets INDEX COUNT\n",
		      stderr);
		return 2;
	}
	return fflush(stdout) == 0 ? 0 : 1;
}
