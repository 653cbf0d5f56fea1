#include "tunables/socket_number.h"

#include "base/text.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

int socket_number_parse(const char *text, int *ret)
{
	int64_t number;

	if (text_parse_i64(text, strlen(text), &number) < 0 || number < 0 || number > INT_MAX)
		return -EINVAL;
	*ret = (int)number;
	return 0;
}

int socket_number_get(struct os *os, int fd, int level, int name, int *ret)
{
	socklen_t len = sizeof(*ret);
	int value = 0;
	int r = os->ops->getsockopt(os, fd, level, name, &value, &len);

	if (r == 0)
		*ret = value;
	return r;
}

int socket_number_set(struct os *os, int fd, int level, int name, int value)
{
	return os->ops->setsockopt(os, fd, level, name, &value, sizeof(value));
}
