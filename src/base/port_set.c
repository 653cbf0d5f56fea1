#include "base/port_set.h"

#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void port_set_add(struct port_set *s, uint16_t port)
{
	s->bits[port / 8] |= (uint8_t)(1u << (port % 8));
}

bool port_set_has(const struct port_set *s, unsigned int port)
{
	return port < PORT_COUNT && (s->bits[port / 8] & (1u << (port % 8))) != 0;
}

static int parse_port(const char *text, size_t len, unsigned int *ret, const char **ret_problem)
{
	uint64_t port;
	int r = text_parse_u64(text, len, 10, &port);

	if (r == -EINVAL)
		*ret_problem = len == 0 ? "a port is missing" : "not every part is a port number";
	else if (len > 1 && text[0] == '0')
		*ret_problem = "a leading 0 would be read as octal";
	else if (r < 0 || port >= PORT_COUNT)
		*ret_problem = "ports end at 65535";
	else {
		*ret = (unsigned int)port;
		return 0;
	}
	return -EINVAL;
}

static int add_range(struct port_set *s, const char *text, size_t len, const char **ret_problem)
{
	const char *dash = memchr(text, '-', len);
	size_t first_len = dash != NULL ? (size_t)(dash - text) : len;
	unsigned int first, last;
	int r = parse_port(text, first_len, &first, ret_problem);

	if (r < 0)
		return r;
	last = first;
	if (dash != NULL)
		r = parse_port(dash + 1, len - first_len - 1, &last, ret_problem);
	if (r < 0)
		return r;
	if (last < first) {
		*ret_problem = "a range ends before it begins";
		return -EINVAL;
	}
	for (unsigned int port = first; port <= last; port++)
		port_set_add(s, (uint16_t)port);
	return 0;
}

int port_set_parse(const char *text, size_t len, struct port_set *ret, const char **ret_problem)
{
	struct port_set set = { { 0 } };
	size_t at = 0;

	while (len > 0) {
		const char *comma = memchr(text + at, ',', len - at);
		size_t end = comma != NULL ? (size_t)(comma - text) : len;
		int r = add_range(&set, text + at, end - at, ret_problem);

		if (r < 0)
			return r;
		if (comma == NULL)
			break;
		at = end + 1;
	}
	*ret = set;
	return 0;
}

int port_set_format(const struct port_set *s, char *buf, size_t size)
{
	size_t used = 0;

	if (size == 0)
		return -E2BIG;
	buf[0] = '\0';
	for (unsigned int first = 0; first < PORT_COUNT; first++) {
		const char *comma = used > 0 ? "," : "";
		unsigned int last = first;
		int n;

		if (!port_set_has(s, first))
			continue;
		while (port_set_has(s, last + 1))
			last++;
		if (last == first)
			n = snprintf(buf + used, size - used, "%s%u", comma, first);
		else
			n = snprintf(buf + used, size - used, "%s%u-%u", comma, first, last);
		if (n < 0 || (size_t)n >= size - used)
			return -E2BIG;
		used += (size_t)n;
		first = last;
	}
	return 0;
}
