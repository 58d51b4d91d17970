/*
 * hull-probe: a small static program that `hull compare` and the escape tests run inside a container, because an image
 * may have no tools at all. It prints one finding a line, `kind<TAB>name<TAB>value`, and changes nothing outside of
 * the container: a check that would is made in a way that the kernel refuses after it has asked for the permission.
 */
#ifndef HULL_PROBE_H
#define HULL_PROBE_H

#include <stddef.h>
#include <stdint.h>

/* `fact<TAB>name<TAB>value`; control characters of the value become blanks. */
void say_fact(const char *name, const char *value);
void say_number(const char *name, uint64_t value);

/* `check<TAB>name<TAB>allowed`, or the name of the errno that it was refused with. */
void say_check(const char *name, int error);

/* `begin<TAB>name` and `end<TAB>name<TAB>units`: whoever reads takes the time, since a guest's clock may be wrong. */
void say_begin(const char *name);
void say_end(const char *name, uint64_t units);

/* Ends the program with `failed<TAB>name<TAB>errno`. */
_Noreturn void fail(const char *name, int error);

/* What the container sees of the machine. */
void see(void);

/* What the container may do to the kernel under it. */
void touch(void);

/* How fast the container computes, enters the kernel, faults pages in and starts processes. */
void work_cpu(void);

/* How fast the container writes, reads, and makes files, in `folder`. */
void work_disk(const char *folder);

/* Answers round trips and takes streams on `port`, for ever. */
_Noreturn void serve(uint16_t port);

/* Round trips to, and a stream into, a `serve` at address and port. */
void work_network(const char *address, uint16_t port);

#endif
