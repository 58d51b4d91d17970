/* Folders shared with the host that come and go while the container runs. */
#ifndef HULL_GUEST_LIVE_SHARES_H
#define HULL_GUEST_LIVE_SHARES_H

#include "spec.h"

/* What an UPDATE says of them: either something to mount, or where to unmount. */
struct live_share {
	/* Below the shared folder. */
	const char *name;
	const char *target;
	bool read_only;
	const char *unmount;
	bool force;
};

enum taken live_share_take(struct live_share *share, const struct field *field);

/* Carries it out, if there is something. A message (to be freed) with the code of the error, or NULL. */
char *live_share_change(struct spec *spec, const struct live_share *share, const char **code);

#endif
