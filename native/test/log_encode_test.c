/* The expected texts are what Docker's json-file driver writes for the same bytes. */
#include <string.h>

#include "check.h"
#include "log_encode.h"

static const struct {
	const char *name;
	const char *text;
	size_t length;
	const char *expected;
} texts[] = {
#define TEXT(name, text, expected) {name, text, sizeof(text) - 1, expected}
	TEXT("nothing", "", ""),
	TEXT("ASCII stands for itself", "Hello, World! 0123 ~`@#$%^*()_+{}|:?;',./[]=-\x7f",
	     "Hello, World! 0123 ~`@#$%^*()_+{}|:?;',./[]=-\x7f"),
	TEXT("quotes and backslashes", "\"a\\b\"", "\\\"a\\\\b\\\""),
	TEXT("what HTML could take for a tag", "<b>&</b>", "\\u003cb\\u003e\\u0026\\u003c/b\\u003e"),
	TEXT("newline and return have short forms", "a\r\nb", "a\\r\\nb"),
	TEXT("other controls have none", "\0\1\b\t\v\f\x1b\x1f",
	     "\\u0000\\u0001\\u0008\\u0009\\u000b\\u000c\\u001b\\u001f"),
	TEXT("two, three and four bytes of UTF-8", "\u00e9\u20ac\U0001f40b", "\u00e9\u20ac\U0001f40b"),
	TEXT("line and paragraph separator", "\u2027\u2028\u2029\u202a", "\u2027\\u2028\\u2029\u202a"),
	TEXT("a lone continuation byte", "a\x80z", "a\\ufffdz"),
	TEXT("bytes that no UTF-8 has", "\xc0\xc1\xf5\xff", "\\ufffd\\ufffd\\ufffd\\ufffd"),
	TEXT("a sequence that breaks off: each byte counts", "\xe2\x82z\xf0\x9f\x90", "\\ufffd\\ufffdz\\ufffd\\ufffd\\ufffd"),
	TEXT("overlong forms", "\xc0\xaf\xe0\x80\xaf\xf0\x80\x80\xaf",
	     "\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd"),
	TEXT("surrogates", "\xed\x9f\xbf\xed\xa0\x80", "\xed\x9f\xbf\\ufffd\\ufffd\\ufffd"),
	TEXT("the last code point and the one behind it", "\xf4\x8f\xbf\xbf\xf4\x90\x80\x80",
	     "\xf4\x8f\xbf\xbf\\ufffd\\ufffd\\ufffd\\ufffd"),
#undef TEXT
};

static void check_entry(const struct log_entry *entry, const char *expected)
{
	uint8_t out[1024];
	CHECK_BYTES(out, log_encode_entry(out, entry), expected, strlen(expected));
}

static void entries(void)
{
	struct log_entry entry = {
		.text = (const uint8_t *)"hi", .length = 2, .newline = true, .stream = "stdout", .attrs = "",
		.time = {.tv_sec = 1795496400, .tv_nsec = 123456789},
	};
	test_begin("an entry with its line's end");
	check_entry(&entry, "{\"log\":\"hi\\n\",\"stream\":\"stdout\",\"time\":\"2026-11-24T05:00:00.123456789Z\"}\n");

	test_begin("attributes stand before the time");
	entry.attrs = "{\"a\":\"b\"}";
	entry.attrs_length = strlen(entry.attrs);
	entry.stream = "stderr";
	check_entry(&entry, "{\"log\":\"hi\\n\",\"stream\":\"stderr\",\"attrs\":{\"a\":\"b\"},"
			    "\"time\":\"2026-11-24T05:00:00.123456789Z\"}\n");

	test_begin("zeros at the end of the time are left out");
	entry.attrs_length = 0;
	entry.newline = false;
	entry.time.tv_nsec = 120000000;
	check_entry(&entry, "{\"log\":\"hi\",\"stream\":\"stderr\",\"time\":\"2026-11-24T05:00:00.12Z\"}\n");
	entry.time.tv_nsec = 0;
	check_entry(&entry, "{\"log\":\"hi\",\"stream\":\"stderr\",\"time\":\"2026-11-24T05:00:00Z\"}\n");
	entry.time.tv_nsec = 1;
	check_entry(&entry, "{\"log\":\"hi\",\"stream\":\"stderr\",\"time\":\"2026-11-24T05:00:00.000000001Z\"}\n");

	test_begin("an empty line is a newline");
	entry.length = 0;
	entry.newline = true;
	entry.time.tv_nsec = 0;
	check_entry(&entry, "{\"log\":\"\\n\",\"stream\":\"stderr\",\"time\":\"2026-11-24T05:00:00Z\"}\n");
}

void log_encode_tests(void)
{
	uint8_t out[1024];
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		test_begin(texts[i].name);
		size_t length = log_encode_text(out, (const uint8_t *)texts[i].text, texts[i].length, false);
		CHECK_BYTES(out, length, texts[i].expected, strlen(texts[i].expected));
	}
	test_begin("exactly: what is no UTF-8 comes back as the byte that it was");
	size_t length = log_encode_text(out, (const uint8_t *)"a\x80\u00e9\xff\xed\xa0\x80", 8, true);
	const char *expected = "a\\udc80\u00e9\\udcff\\udced\\udca0\\udc80";
	CHECK_BYTES(out, length, expected, strlen(expected));
	entries();
}
