#include "machine_stand_ins.h"

#include <stdio.h>
#include <string.h>

#include "client.h"
#include "files.h"
#include "guest.h"
#include "link.h"
#include "machine.h"
#include "task.h"

#define QEMU_PID 0x60000000

char stand_in_broken[512];

static bool restored;

static void end(void)
{
	task_deleted();
}

static void reaped(pid_t pid, int wait_status)
{
	(void)pid;
	(void)wait_status;
}

static const struct backend backend = {guest_request, guest_run, end, reaped};

void stand_in_machine(int link, bool is_restored)
{
	task.backend = &backend;
	restored = is_restored;
	stand_in_broken[0] = 0;
	link_open(link);
}

void stand_in_machine_ends(void)
{
	link_drain();
	if (!task.error[0] && task.init.status <= PROCESS_RUNNING)
		strcpy(task.error, "qemu was killed by signal 9");
	link_close();
}

void stand_in_machine_gone(void)
{
	link_close();
	task.backend = NULL;
	task.error[0] = 0;
	task.oom_killed = false;
}

pid_t machine_pid(void)
{
	return QEMU_PID;
}

const char *machine_restored(void)
{
	return restored ? "2026-01-02T03:04:05Z" : NULL;
}

void machine_greeted(void)
{
}

void machine_broken(const char *why)
{
	snprintf(stand_in_broken, sizeof stand_in_broken, "%s", why);
	if (!task.error[0] && task.init.status <= PROCESS_RUNNING)
		snprintf(task.error, sizeof task.error, "%s", why);
	link_close();
}

void machine_killed(void)
{
}

void files_mount(struct client *client, uint16_t channel, size_t payload_length)
{
	(void)payload_length;
	client_reply(client, channel, FRAME_OK, NULL, 0);
}

void files_unmount(void)
{
}
