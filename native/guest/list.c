#include "list.h"

#include <stdlib.h>
#include <string.h>

void list_add(struct list *list, const char *item)
{
	const char **grown = realloc(list->items, (list->count + 2) * sizeof *grown);
	if (!grown)
		abort();
	list->items = grown;
	grown[list->count++] = item;
	grown[list->count] = NULL;
}

void *array_add(void **array, size_t *count, size_t size)
{
	char *grown = realloc(*array, (*count + 1) * size);
	if (!grown)
		abort();
	*array = grown;
	void *element = grown + *count * size;
	memset(element, 0, size);
	(*count)++;
	return element;
}
