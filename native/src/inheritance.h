/* What a container would have of whoever started the engine, through the supervisor and the OCI runtime. */
#ifndef HULL_INHERITANCE_H
#define HULL_INHERITANCE_H

/*
 * Gives up what runtimes pass on: the session keyring (crun gives an exec the one that it finds), precedence over other
 * programs, and settings that weaken a program. What slows down is kept: it may have been meant for containers.
 */
void inheritance_drop(void);

#endif
