/* What the networks know: addresses of names, names of addresses. */
#include <stdlib.h>
#include <string.h>

#include "names.h"

/* An address may be another container's after any restart; a client that keeps it for longer calls a stranger. */
#define LIFETIME 5
#define FOUND_MAX 512u

static unsigned rotation;

static void add_address(struct answer *answer, const struct endpoint *endpoint, uint16_t type)
{
	if (type == TYPE_A && endpoint->has_v4)
		answer_add(answer, TYPE_A, LIFETIME, endpoint->v4, sizeof endpoint->v4);
	if (type == TYPE_AAAA && endpoint->has_v6)
		answer_add(answer, TYPE_AAAA, LIFETIME, endpoint->v6, sizeof endpoint->v6);
}

/* Every name of ours is answered for every type, if with nothing: none is told to other servers. */
static bool answer_name(const struct container *asker, const uint8_t *query, const struct question *question,
			struct answer *answer)
{
	static struct endpoint *found[FOUND_MAX];
	char name[TEXT_NAME_MAX];
	if (!message_name_text(question, name))
		return false;
	unsigned count = table_find(asker, name, found, FOUND_MAX);
	if (count == 0)
		return false;
	/* In turn, so that those who take the first spread over all. */
	unsigned first = rotation++ % count;
	answer_begin(answer, query, question, RCODE_OK);
	for (unsigned i = 0; i < count; i++) {
		const struct endpoint *endpoint = found[(first + i) % count];
		if (question->type == TYPE_ANY) {
			add_address(answer, endpoint, TYPE_A);
			add_address(answer, endpoint, TYPE_AAAA);
		} else {
			add_address(answer, endpoint, question->type);
		}
	}
	answer_end(answer);
	return true;
}

static int hex_digit(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* RFC 3596, 2.5 */
static bool read_v6_name(const char *name, uint8_t address[16])
{
	memset(address, 0, 16);
	for (int i = 31; i >= 0; i--, name += 2) {
		int digit = name[0] ? hex_digit(name[0]) : -1;
		if (digit < 0 || name[1] != '.')
			return false;
		address[i / 2] |= (uint8_t)(i % 2 ? digit : digit << 4);
	}
	return strcmp(name, "ip6.arpa") == 0;
}

static bool read_v4_name(const char *name, uint8_t address[4])
{
	for (int i = 3; i >= 0; i--) {
		unsigned number = 0, digits = 0;
		for (; *name >= '0' && *name <= '9' && digits < 3; name++, digits++)
			number = number * 10 + (unsigned)(*name - '0');
		if (digits == 0 || number > 255 || *name != '.')
			return false;
		name++;
		address[i] = (uint8_t)number;
	}
	return strcmp(name, "in-addr.arpa") == 0;
}

static bool answer_address(const struct container *asker, const uint8_t *query, const struct question *question,
			   struct answer *answer)
{
	char name[TEXT_NAME_MAX], full[2 * TEXT_NAME_MAX];
	uint8_t address[16], wire[WIRE_NAME_MAX];
	if (!message_name_text(question, name))
		return false;
	size_t length = read_v4_name(name, address) ? 4 : read_v6_name(name, address) ? 16 : 0;
	const struct endpoint *found = length ? table_find_address(asker, address, length) : NULL;
	if (!found || !found->first_name || strlen(found->first_name) + strlen(found->network->name) + 2 > sizeof full)
		return false;
	strcpy(full, found->first_name);
	strcat(full, ".");
	strcat(full, found->network->name);
	size_t wire_length = message_name_wire(full, wire);
	if (wire_length == 0)
		return false;
	answer_begin(answer, query, question, RCODE_OK);
	answer_add(answer, TYPE_PTR, LIFETIME, wire, wire_length);
	answer_end(answer);
	return true;
}

bool answer_locally(const struct container *asker, const uint8_t *query, const struct question *question,
		    struct answer *answer)
{
	if (question->class != CLASS_IN)
		return false;
	if (question->type == TYPE_PTR && answer_address(asker, query, question, answer))
		return true;
	return answer_name(asker, query, question, answer);
}
