#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probe.h"

static void leave(int signal_number)
{
	(void)signal_number;
	_exit(0);
}

/* The first process of a container gets no signal that it has no handler for. */
static void leave_when_told(void)
{
	signal(SIGTERM, leave);
	signal(SIGINT, leave);
}

static uint16_t port_of(const char *text)
{
	long port = strtol(text, NULL, 10);
	if (port < 1 || port > 65535)
		fail("port", 22);
	return (uint16_t)port;
}

static int usage(void)
{
	fputs("usage: hull-probe ready | see | touch | cpu | disk FOLDER | serve PORT | network ADDRESS PORT\n", stderr);
	return 2;
}

int main(int count, char **words)
{
	const char *verb = count > 1 ? words[1] : "";
	leave_when_told();
	if (count == 2 && !strcmp(verb, "ready")) {
		puts("ready");
		fflush(stdout);
		for (;;)
			pause();
	}
	if (count == 2 && !strcmp(verb, "see"))
		see();
	else if (count == 2 && !strcmp(verb, "touch"))
		touch();
	else if (count == 2 && !strcmp(verb, "cpu"))
		work_cpu();
	else if (count == 3 && !strcmp(verb, "disk"))
		work_disk(words[2]);
	else if (count == 3 && !strcmp(verb, "serve"))
		serve(port_of(words[2]));
	else if (count == 4 && !strcmp(verb, "network"))
		work_network(words[2], port_of(words[3]));
	else
		return usage();
	return fflush(stdout) == 0 ? 0 : 1;
}
