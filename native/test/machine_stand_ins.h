/* Stands in for QEMU and its jail: a guest is whoever holds the other end of the link. */
#ifndef HULL_TEST_MACHINE_STAND_INS_H
#define HULL_TEST_MACHINE_STAND_INS_H

#include <stdbool.h>

/* Why the machine was ended; empty while it was not. */
extern char stand_in_broken[512];

/* The task is a machine's from now on, with this end of its link. */
void stand_in_machine(int link, bool restored);

/* QEMU ends by itself. */
void stand_in_machine_ends(void);

/* The task is a runtime's again. */
void stand_in_machine_gone(void);

#endif
