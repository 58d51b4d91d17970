#include <string.h>

#include "check.h"
#include "egress.h"
#include "names_fuzz.h"

static struct container *container;

static bool put(const char *scope, const char *text)
{
	static char copy[1024];
	char *rest = strcpy(copy, text), *words[8];
	unsigned count = 0;
	for (char *word; (word = strsep(&rest, " "));)
		words[count++] = word;
	return egress_put(container, scope, words, count);
}

static struct question question_of(const char *name)
{
	struct question question = {.type = TYPE_A, .class = CLASS_IN};
	question.name_length = message_name_wire(name, question.name);
	question.end = MESSAGE_HEADER + question.name_length + 4;
	return question;
}

static bool allows(const char *name)
{
	const struct question question = question_of(name);
	return egress_allows(container, &question);
}

static void join(const char *network_name, bool internal)
{
	char network[ID_MAX], id[] = "limited", v4[] = "10.9.0.2", v6[] = "-", own[] = "limited";
	strcpy(network, network_name);
	const struct endpoint_order order = {
		.container = id, .network = network, .network_name = network, .internal = internal, .v4 = v4, .v6 = v6,
		.names = {own}, .name_count = 1,
	};
	CHECK(table_put_endpoint(&order));
}

static void names(void)
{
	test_begin("without a policy every name is allowed");
	join("wide", false);
	container = table_container("limited");
	CHECK(allows("anything.example"));

	test_begin("a policy without names allows none");
	CHECK(put(EGRESS_OWN, "t"));
	CHECK(!allows("anything.example"));

	test_begin("a name means itself, and what is below it only with a star");
	CHECK(put(EGRESS_OWN, "t api.example.com=s1 *.debian.org=s2"));
	CHECK(allows("api.example.com") && allows("deb.debian.org") && allows("a.b.debian.org"));
	CHECK(!allows("x.api.example.com") && !allows("debian.org") && !allows("xdebian.org") && !allows("com"));
	CHECK(!allows("api.example.com.evil") && !allows("api-example.com"));

	test_begin("a network's policy counts too, unless another network has none");
	CHECK(put("wide", "t other.example=s3"));
	CHECK(!allows("api.example.com") && !allows("other.example"));
	CHECK(put("wide", "t *.example.com=s3"));
	CHECK(allows("api.example.com") && !allows("deb.debian.org"));
	join("free", false);
	CHECK(allows("deb.debian.org"));
	join("free", true);
	CHECK(!allows("deb.debian.org"));

	test_begin("a policy that cannot be read allows nothing");
	CHECK(!put(EGRESS_OWN, "t broken"));
	CHECK(!allows("api.example.com") && egress_is_limited(container));
	egress_end(container, EGRESS_OWN);
	egress_end(container, "wide");
	CHECK(allows("api.example.com"));
}

/* An answer for `a.b` with these addresses, all by a pointer to the name. */
static size_t build(uint8_t *bytes, const char *const *addresses, unsigned count, uint32_t ttl)
{
	const struct question question = question_of("a.b");
	memset(bytes, 0, MESSAGE_HEADER);
	bytes[2] = 0x81;
	bytes[5] = 1;
	bytes[7] = (uint8_t)count;
	memcpy(bytes + MESSAGE_HEADER, question.name, question.name_length);
	memcpy(bytes + MESSAGE_HEADER + question.name_length, "\0\1\0\1", 4);
	uint8_t *at = bytes + question.end;
	for (unsigned i = 0; i < count; i++, at += 16) {
		memcpy(at, "\xc0\x0c\0\1\0\1\0\0\0\0\0\4", 12);
		message_put_u32(at + 6, ttl);
		memcpy(at + 12, addresses[i], 4);
	}
	return (size_t)(at - bytes);
}

static bool grant(const char *const *addresses, unsigned count, uint32_t ttl)
{
	static uint8_t bytes[4096];
	const struct question question = question_of("a.b");
	size_t length = build(bytes, addresses, count, ttl);
	names_grants = 0;
	return egress_grant(container, &question, bytes, length);
}

static void grants(void)
{
	static const char *const good[] = {"\xc0\0\2\1", "\xc0\0\2\2"};
	static const char *const strange[] = {"\x7f\0\0\1", "\xa9\xfe\xa9\xfe", "\0\0\0\0", "\xe0\0\0\1"};
	test_begin("the addresses of an answer are let through once while they live");
	CHECK(put(EGRESS_OWN, "t a.b=s1"));
	CHECK(grant(good, 2, 30) && names_grants == 2);
	CHECK(grant(good, 2, 30) && names_grants == 0);
	CHECK(strcmp(egress_name_of(container, (const uint8_t *)good[1], 4), "a.b") == 0);

	test_begin("again when they live for longer, and when the sets were emptied");
	CHECK(grant(good, 1, 3000) && names_grants == 1);
	names_grants = 0;
	egress_refill(container);
	CHECK(names_grants == 2);

	test_begin("addresses of this host and of its link are not let through, whoever says so");
	CHECK(grant(strange, 4, 30) && names_grants == 0);

	test_begin("nobody is told addresses that could not be let through");
	static const char *const other[] = {"\xc0\0\2\3"};
	names_grant_fails = true;
	CHECK(!grant(other, 1, 30));
	names_grant_fails = false;
	CHECK(!egress_name_of(container, (const uint8_t *)other[0], 4));

	test_begin("the ways that are open for one container are bounded");
	bool good_so_far = true;
	unsigned rounds = 0;
	for (; good_so_far && rounds < 5000; rounds++) {
		char address[4] = {(char)0xc6, 18, (char)(rounds >> 8), (char)rounds};
		const char *const one[] = {address};
		good_so_far = grant(one, 1, 30);
	}
	CHECK(!good_so_far && rounds > 1000 && rounds < 1100);
	table_forget(container);
	CHECK(!table_container("limited"));
}

void egress_tests(void)
{
	names();
	grants();
}
