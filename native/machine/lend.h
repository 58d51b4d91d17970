/* Handing a descriptor to a QEMU that runs, by its machine protocol. */
#ifndef HULL_LEND_H
#define HULL_LEND_H

/*
 * Gives the QEMU whose `qmp.sock` is in the folder a copy of the descriptor, under a name (letters and digits). 0 or an
 * errno: EPROTO when QEMU refuses, ETIMEDOUT when it does not answer within some seconds.
 */
int lend_descriptor(const char *run_dir, const char *name, int descriptor);

#endif
