/* Growing lists of texts and numbers. Running out of memory ends the guest: there is nothing to fall back to. */
#ifndef HULL_GUEST_LIST_H
#define HULL_GUEST_LIST_H

#include <stddef.h>
#include <stdint.h>

/* Ends with NULL, which is not counted: fit for execve. */
struct list {
	const char **items;
	size_t count;
};

void list_add(struct list *list, const char *item);

/* Room for one more element at the end of an array. */
void *array_add(void **array, size_t *count, size_t size);

#endif
