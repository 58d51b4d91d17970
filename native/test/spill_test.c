#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "frame.h"
#include "spill.h"

static uint8_t payload[FRAME_PAYLOAD_MAX];
static uint8_t frame[FRAME_MAX];

static bool append(struct spill *spill, size_t length, uint16_t channel)
{
	uint8_t header[FRAME_HEADER];
	frame_header(header, (uint32_t)length, FRAME_DATA, STREAM_STDOUT, channel);
	memset(payload, channel & 0xff, length);
	return spill_append(spill, header, payload, length);
}

/* The first frame is the one that append() made of these. */
static bool take(struct spill *spill, size_t length, uint16_t channel)
{
	uint32_t found;
	if (!spill_peek(spill, frame, &found) || found != length || !spill_take(spill, frame, FRAME_HEADER + length))
		return false;
	memset(payload, channel & 0xff, length);
	return frame[7] == (channel & 0xff) && memcmp(frame + FRAME_HEADER, payload, length) == 0;
}

void spill_tests(void)
{
	int folder = open(test_folder(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct spill spill;
	spill_directory(folder);
	spill_init(&spill);

	test_begin("a backlog that nothing is in has no file");
	CHECK(spill_empty(&spill) && !spill_full(&spill) && spill.fd < 0);

	test_begin("frames come out in their order, whole, many times around the ring");
	uint16_t in = 0, out = 0;
	for (int round = 0; round < 200; round++) {
		while (!spill_full(&spill)) {
			CHECK(append(&spill, in * 977u % 50000, in));
			in++;
		}
		for (int count = round % 4; count >= 0 && out < in; count--) {
			CHECK(take(&spill, out * 977u % 50000, out));
			out++;
		}
	}
	for (; out < in; out++)
		CHECK(take(&spill, out * 977u % 50000, out));
	CHECK(in > 400 && spill_empty(&spill));

	test_begin("an empty backlog gives the disk its room back");
	CHECK(lseek(spill.fd, 0, SEEK_END) == 0);

	test_begin("full means that one more frame of any size fits");
	while (!spill_full(&spill))
		CHECK(append(&spill, FRAME_PAYLOAD_MAX, 1));
	CHECK(spill.written - spill.read <= SPILL_MAX);
	spill_free(&spill);
	CHECK(spill_empty(&spill) && spill.fd < 0);

	test_begin("a disk that takes nothing is told");
	spill.fd = open("/dev/full", O_RDWR | O_CLOEXEC);
	CHECK(!append(&spill, 10, 1) && errno == ENOSPC);
	CHECK(spill_empty(&spill));
	spill_free(&spill);
	close(folder);
}
