#include "base/array.h"

#include <stdlib.h>

#define FIRST_CAPACITY 16

void *array_grow(void *all, size_t count, size_t *capacity, size_t size)
{
	size_t wanted = *capacity == 0 ? FIRST_CAPACITY : 2 * *capacity;
	void *grown;

	if (count < *capacity)
		return all;
	grown = reallocarray(all, wanted, size);
	if (grown != NULL)
		*capacity = wanted;
	return grown;
}
