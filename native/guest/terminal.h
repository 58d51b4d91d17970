/* A terminal of the container's own devpts. */
#ifndef HULL_GUEST_TERMINAL_H
#define HULL_GUEST_TERMINAL_H

#include <stdint.h>

/* The slave, its master in `master`; -1 with errno. In the container's mount namespace. */
int terminal_open(uint16_t columns, uint16_t rows, int *master);

/* Puts the slave on /dev/console. */
void terminal_mount_console(int slave);

/* Makes it the controlling terminal of this session. */
void terminal_control(int slave);

#endif
