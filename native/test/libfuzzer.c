/* Sessions whose bytes libFuzzer picks: `make -C native fuzz`, with clang. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "session_fuzz.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	const char *folder = getenv("HULL_FUZZ_FOLDER");
	if (!folder) {
		fprintf(stderr, "HULL_FUZZ_FOLDER must name a folder for the task's files\n");
		exit(2);
	}
	signal(SIGPIPE, SIG_IGN);
	session_fuzz_open(folder);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	session_fuzz_play(bytes, length);
	return 0;
}
