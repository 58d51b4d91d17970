/* Memory that nobody inside uses goes back to the host. */
#ifndef HULL_GUEST_GIVE_BACK_H
#define HULL_GUEST_GIVE_BACK_H

/* The container runs: what is free is reported to the host from soon on, for as long as the machine lasts. */
void give_back_free_memory(void);

#endif
