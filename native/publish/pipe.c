#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "publish.h"

#define SPARE_MAX 16

static struct pipe *spare;
static unsigned spare_count;

struct pipe *pipe_take(void)
{
	struct pipe *pipe = spare;
	if (pipe) {
		spare = pipe->next;
		spare_count--;
		return pipe;
	}
	pipe = calloc(1, sizeof *pipe);
	int ends[2];
	if (!pipe || pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0) {
		free(pipe);
		return NULL;
	}
	/* A smaller one does as well, where the kernel gives no more. */
	fcntl(ends[1], F_SETPIPE_SZ, PIPE_SIZE);
	pipe->out = ends[0];
	pipe->in = ends[1];
	return pipe;
}

void pipe_give(struct pipe *pipe)
{
	if (!pipe)
		return;
	if (pipe->held == 0 && spare_count < SPARE_MAX) {
		pipe->next = spare;
		spare = pipe;
		spare_count++;
		return;
	}
	close(pipe->in);
	close(pipe->out);
	free(pipe);
}
