#include "files.h"

#include "client.h"

void files_open(struct client *client, uint16_t channel)
{
	client_reply_error(client, channel, "not_implemented", "files are not served yet");
}
