#include "devices.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "text.h"

#define PLATFORM "/sys/bus/platform/devices"
/* Where QEMU's microvm has its virtio-mmio buses. */
#define MMIO_BASE 0xfeb00000UL
#define MMIO_SIZE 0x200UL
/* The host names its ports after the driver is there. */
#define PORT_TRIES 5000
#define PORT_PAUSE_NS 1000000

/* Names of the virtio devices, by bus; empty where there is none. */
static char devices[BUS_LAST + 1][16];

static const char *const drivers[BUS_LAST + 1] = {
	[BUS_SERIAL] = "virtio_console", [BUS_LAYERS] = "virtio_blk", [BUS_UPPER] = "virtio_blk",
	[BUS_SHARED] = "9pnet_virtio",	 [BUS_RNG] = "virtio_rng",    [BUS_BALLOON] = "virtio_balloon",
	[BUS_NIC] = "virtio_net",	 [BUS_NIC + 1] = "virtio_net", [BUS_NIC + 2] = "virtio_net",
	[BUS_LAST] = "virtio_net",
};

static bool load_module(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	long result = syscall(SYS_finit_module, fd, "", 0);
	bool loaded = result == 0 || errno == EEXIST;
	if (!loaded)
		text_complain("cannot load %s: %s", path, strerror(errno));
	close(fd);
	return loaded;
}

static int is_entry(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* The child of a platform device that is a virtio device. */
static bool find_child(const char *platform, char *name, size_t size)
{
	char path[512];
	snprintf(path, sizeof path, PLATFORM "/%s", platform);
	DIR *folder = opendir(path);
	bool found = false;
	for (struct dirent *entry; folder && !found && (entry = readdir(folder));) {
		found = strncmp(entry->d_name, "virtio", 6) == 0 && strlen(entry->d_name) < size;
		if (found)
			strcpy(name, entry->d_name);
	}
	if (folder)
		closedir(folder);
	return found;
}

/* "feb00200-feb003ff : LNRO0005:00" */
static void find_devices(void)
{
	FILE *file = fopen("/proc/iomem", "re");
	char line[256], name[128];
	unsigned long start;
	while (file && fgets(line, sizeof line, file)) {
		if (sscanf(line, " %lx-%*x : %127s", &start, name) != 2 || strncmp(name, "LNRO0005", 8) != 0)
			continue;
		unsigned long bus = (start - MMIO_BASE) / MMIO_SIZE;
		if (start >= MMIO_BASE && bus <= BUS_LAST)
			find_child(name, devices[bus], sizeof devices[bus]);
	}
	if (file)
		fclose(file);
}

bool devices_load(void)
{
	struct dirent **entries;
	text_write("/sys/bus/virtio/drivers_autoprobe", "0");
	int count = scandir("/modules", &entries, is_entry, alphasort);
	bool loaded = count > 0;
	for (int i = 0; i < count; i++) {
		char path[300];
		snprintf(path, sizeof path, "/modules/%s", entries[i]->d_name);
		loaded = load_module(path) && loaded;
		/* The bus appears with the module "virtio": its switch has to be off before the first driver comes. */
		text_write("/sys/bus/virtio/drivers_autoprobe", "0");
		unlink(path);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	find_devices();
	return loaded;
}

bool devices_bound(enum bus bus)
{
	char path[128];
	snprintf(path, sizeof path, "/sys/bus/virtio/devices/%s/driver", devices[bus]);
	return devices[bus][0] && access(path, F_OK) == 0;
}

bool devices_bind(enum bus bus)
{
	char path[128];
	if (!devices[bus][0]) {
		errno = ENODEV;
		return false;
	}
	if (devices_bound(bus))
		return true;
	snprintf(path, sizeof path, "/sys/bus/virtio/drivers/%s/bind", drivers[bus]);
	return text_write(path, devices[bus]);
}

void devices_let_go(void)
{
	char path[128];
	for (enum bus bus = BUS_LAYERS; bus <= BUS_LAST; bus++) {
		snprintf(path, sizeof path, "/sys/bus/virtio/devices/%s/driver/unbind", devices[bus]);
		if (devices[bus][0] && access(path, F_OK) == 0)
			text_write(path, devices[bus]);
	}
}

bool devices_name(enum bus bus, const char *kind, char *name, size_t size)
{
	char path[128];
	snprintf(path, sizeof path, "/sys/bus/virtio/devices/%s/%s", devices[bus], kind);
	DIR *folder = devices[bus][0] ? opendir(path) : NULL;
	bool found = false;
	for (struct dirent *entry; folder && !found && (entry = readdir(folder));) {
		found = entry->d_name[0] != '.' && strlen(entry->d_name) < size;
		if (found)
			strcpy(name, entry->d_name);
	}
	if (folder)
		closedir(folder);
	return found;
}

static bool find_port(const char *name, char *path, size_t size)
{
	DIR *folder = opendir("/sys/class/virtio-ports");
	bool found = false;
	for (struct dirent *entry; folder && !found && (entry = readdir(folder));) {
		char file[300], value[64];
		snprintf(file, sizeof file, "/sys/class/virtio-ports/%s/name", entry->d_name);
		if (entry->d_name[0] == '.' || !text_read(file, value, sizeof value))
			continue;
		value[strcspn(value, "\n")] = 0;
		found = strcmp(value, name) == 0;
		if (found)
			snprintf(path, size, "/dev/%s", entry->d_name);
	}
	if (folder)
		closedir(folder);
	return found;
}

bool devices_port(const char *name, char *path, size_t size)
{
	struct timespec pause = {.tv_nsec = PORT_PAUSE_NS};
	for (int i = 0; i < PORT_TRIES; i++) {
		if (find_port(name, path, size))
			return true;
		nanosleep(&pause, NULL);
	}
	errno = ENODEV;
	return false;
}
