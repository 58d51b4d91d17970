/* The machine's virtio devices, told apart by the bus they are on (docs/decisions/0100-vm-hull.md). */
#ifndef HULL_GUEST_DEVICES_H
#define HULL_GUEST_DEVICES_H

#include <stdbool.h>
#include <stddef.h>

enum bus {
	BUS_SERIAL = 1,
	BUS_LAYERS = 2,
	BUS_UPPER = 3,
	BUS_SHARED = 4,
	BUS_RNG = 5,
	BUS_BALLOON = 6,
	BUS_NIC = 7,
	BUS_LAST = 10,
};

/* Loads the modules of the initramfs in their order and frees them. No driver takes a device by itself. */
bool devices_load(void);

/* Gives the device on the bus to its driver, unless it has it. False with errno: ENODEV when there is no device. */
bool devices_bind(enum bus bus);

/* Whether a driver has it. */
bool devices_bound(enum bus bus);

/* Takes all devices but the port away from their drivers: what stands behind them may become another. */
void devices_let_go(void);

/*
 * The name below a device's folder `kind`: its disk (`block`) or interface (`net`), for the driver that was bound before.
 * False when there is none.
 */
bool devices_name(enum bus bus, const char *kind, char *name, size_t size);

/* /dev/… of the port of this name, which may take a moment to appear. False with errno. */
bool devices_port(const char *name, char *path, size_t size);

#endif
