/* The container's first process when it is to have an init: reaps, and passes signals on. */
#ifndef HULL_GUEST_INIT_H
#define HULL_GUEST_INIT_H

/* Returns in the child, which goes on to be the user's process; the parent stays as init and ends as that does. */
void init_fork(int report);

#endif
