/*
 * What a hostile root in a virtual machine would try against QEMU and the supervisor: for the escape tests, in guests
 * only. None of it must ever run where the kernel is the host's, so `assault` refuses unless a QEMU machine is seen.
 */
#ifndef HULL_ASSAULT_H
#define HULL_ASSAULT_H

#include <stdint.h>

/* Frames that no guest sends into a virtio port: `giant`, `flood`, `replies`, `noise`. */
void assault_link(const char *path, const char *kind);

/* Noise into device registers at a physical address. */
void assault_memory(uint64_t start, uint64_t length);

/* Noise into every I/O port. */
void assault_ports(void);

/* Malformed packets to everybody on an interface. */
void assault_packets(unsigned interface, unsigned count);

#endif
