#include "reply.h"

#include <stdlib.h>
#include <string.h>

/* What a request may be answered with, beside ERROR: a first reply behind which streams flow, and the last. */
static void replies_of(uint8_t request, uint8_t *first, uint8_t *last)
{
	*first = 0;
	switch (request) {
	case FRAME_START:
		*last = FRAME_STARTED;
		return;
	case FRAME_WAIT:
		*last = FRAME_EXIT;
		return;
	case FRAME_STATE:
	case FRAME_STATS:
	case FRAME_PROCESSES:
		*last = FRAME_STATUS;
		return;
	case FRAME_ATTACH:
	case FRAME_FILES:
	case FRAME_NAMES:
		*first = FRAME_OK;
		*last = FRAME_CLOSED;
		return;
	case FRAME_EXEC:
		*first = FRAME_STARTED;
		*last = FRAME_CLOSED;
		return;
	default:
		*last = FRAME_OK;
	}
}

bool reply_fits(const struct call *call, uint8_t type, bool *opens, bool *ends)
{
	uint8_t first, last;
	replies_of(call->type, &first, &last);
	*opens = first && !call->open && type == first;
	*ends = type == FRAME_ERROR || (type == last && (!first || call->open));
	return *opens || *ends;
}

bool reply_parses(const uint8_t *list, size_t length)
{
	size_t offset = 0;
	struct field field;
	int more;
	while ((more = field_next(list, length, &offset, &field)) > 0)
		continue;
	return more == 0;
}

bool reply_collect(struct call *call, const struct frame *frame, const uint8_t **payload, size_t *length)
{
	*payload = frame->payload;
	*length = frame->length;
	if (frame->stream == 0 && !call->reply)
		return true;
	uint8_t *grown = realloc(call->reply, call->reply_length + frame->length + 1);
	if (!grown)
		abort();
	memcpy(grown + call->reply_length, frame->payload, frame->length);
	call->reply = grown;
	call->reply_length += frame->length;
	call->reply_type = frame->type;
	*payload = grown;
	*length = call->reply_length;
	return frame->stream == 0;
}
