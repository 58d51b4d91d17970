/* The unit tests and the random sessions, under the sanitizers: `make -C native test`. */
#include <signal.h>
#include <stdio.h>

#include "check.h"

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	/* What was said before a crash is seen. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	frame_tests();
	log_encode_tests();
	log_file_tests();
	spill_tests();
	guest_spec_tests();
	names_tests();
	egress_tests();
	random_tests();
	leave_tests();
	link_tests();
	return test_summary();
}
