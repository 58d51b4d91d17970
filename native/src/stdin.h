/* What clients write to a process's stdin. */
#ifndef HULL_STDIN_H
#define HULL_STDIN_H

#include "process.h"

/* Our end is there (or not): writes what has come so far. */
void stdin_opened(struct process *process);

/* Ends stdin: closes it, or types the end-of-file character on a terminal. */
void stdin_end(struct process *process);

/* Stdin takes no more, whoever asks; tells the clients and drops what they sent. */
void stdin_closed(struct process *process);

void stdin_ready(struct source *source, uint32_t events);

#endif
