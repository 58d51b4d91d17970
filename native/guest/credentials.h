/* Who a process is: limits, groups, ids, capabilities, filter. In the child, in this order. */
#ifndef HULL_GUEST_CREDENTIALS_H
#define HULL_GUEST_CREDENTIALS_H

#include <linux/filter.h>

#include "program.h"

/* What only root may do, before anything is given up. A message (to be freed) or NULL. */
char *credentials_limits(const struct program *program);

/* Becomes the user with no more than the capabilities named, under the filter. A message (to be freed) or NULL. */
char *credentials_take(const struct program *program, const struct sock_filter *filter, size_t filter_count);

#endif
