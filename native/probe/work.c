#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe.h"

#define MIB (1024u * 1024u)

static volatile uint64_t sink;

/*
 * What programs are made of: arithmetic (xorshift64), loads and stores all over a table that fits into a cache, and
 * branches that nobody can foresee.
 */
static void compute(uint64_t rounds)
{
	static uint64_t table[8192];
	uint64_t x = 88172645463325252u;
	for (uint64_t i = 0; i < rounds; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		uint64_t *entry = &table[x & 8191];
		if (*entry & 1)
			x += *entry;
		*entry += x >> 5;
	}
	sink = x;
}

static void enter_kernel(uint64_t times)
{
	for (uint64_t i = 0; i < times; i++)
		syscall(SYS_getppid);
}

/* Fresh pages from the kernel, each touched once and given back. */
static void fault_pages(uint64_t rounds)
{
	const size_t size = 16u * MIB;
	for (uint64_t i = 0; i < rounds; i++) {
		unsigned char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (memory == MAP_FAILED)
			fail("memory", errno);
		for (size_t offset = 0; offset < size; offset += 4096)
			memory[offset] = 1;
		munmap(memory, size);
	}
}

static void start_processes(uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		pid_t child = fork();
		if (child < 0)
			fail("processes", errno);
		if (child == 0)
			_exit(0);
		while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
			;
	}
}

void work_cpu(void)
{
	const uint64_t rounds = 50u * 1000 * 1000, calls = 500u * 1000, maps = 8, processes = 200;
	say_begin("integer");
	compute(rounds);
	say_end("integer", rounds);
	say_begin("system-calls");
	enter_kernel(calls);
	say_end("system-calls", calls);
	say_begin("page-faults");
	fault_pages(maps);
	say_end("page-faults", maps * 16 * MIB / 4096);
	say_begin("processes");
	start_processes(processes);
	say_end("processes", processes);
}

static void write_blocks(int file, const unsigned char *block, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		for (size_t done = 0; done < MIB;) {
			ssize_t length = write(file, block + done, MIB - done);
			if (length < 0)
				fail("disk-write", errno);
			done += (size_t)length;
		}
	}
	if (fsync(file) < 0)
		fail("disk-write", errno);
}

static uint64_t read_blocks(int file, unsigned char *block)
{
	uint64_t total = 0;
	for (ssize_t length; (length = read(file, block, MIB)) != 0; total += (uint64_t)length) {
		if (length < 0)
			fail("disk-read", errno);
	}
	return total;
}

static void make_files(const char *folder, unsigned count)
{
	char path[512];
	for (unsigned i = 0; i < count; i++) {
		snprintf(path, sizeof path, "%s/%u", folder, i);
		int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (file < 0 || write(file, path, 256) < 0)
			fail("files", errno);
		close(file);
	}
	for (unsigned i = 0; i < count; i++) {
		snprintf(path, sizeof path, "%s/%u", folder, i);
		unlink(path);
	}
}

void work_disk(const char *folder)
{
	const unsigned blocks = 64, files = 500;
	char scratch[400], path[512];
	snprintf(scratch, sizeof scratch, "%s/.hull-probe-XXXXXX", folder);
	if (!mkdtemp(scratch))
		fail("disk-write", errno);
	snprintf(path, sizeof path, "%s/blocks", scratch);
	unsigned char *block = malloc(MIB);
	int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (!block || file < 0)
		fail("disk-write", errno);
	/* Not zeros: a file system may leave those out. */
	for (size_t i = 0; i < MIB; i++)
		block[i] = (unsigned char)(i * 2654435761u >> 13);
	say_begin("disk-write");
	write_blocks(file, block, blocks);
	say_end("disk-write", (uint64_t)blocks * MIB);
	posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
	lseek(file, 0, SEEK_SET);
	say_begin("disk-read");
	say_end("disk-read", read_blocks(file, block));
	close(file);
	unlink(path);
	say_begin("files");
	make_files(scratch, files);
	say_end("files", files);
	rmdir(scratch);
	free(block);
}
