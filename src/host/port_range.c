#include "host/port_range.h"

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/text.h"

#include <errno.h>

#define PATH_RANGE    "/proc/sys/net/ipv4/ip_local_port_range"
#define PATH_RESERVED "/proc/sys/net/ipv4/ip_local_reserved_ports"

bool port_range_has(const struct port_range *r, uint16_t port)
{
	return port >= r->first && port <= r->last && !port_set_has(&r->reserved, port);
}

static int parse_port(struct text_span text, uint16_t *ret)
{
	uint64_t value;

	if (text_parse_u64(text.at, text.len, 10, &value) < 0 || value > UINT16_MAX)
		return -EBADMSG;
	*ret = (uint16_t)value;
	return 0;
}

/* "32768\t60999" */
static int parse_range(struct text_span text, struct port_range *ret)
{
	struct text_span line, first, last;
	int r;

	if (!text_next_line(&text, &line) || !text_next_word(&line, &first) ||
	    !text_next_word(&line, &last))
		return -EBADMSG;
	r = parse_port(first, &ret->first);
	return r < 0 ? r : parse_port(last, &ret->last);
}

/* "8080,30000-32767"; empty is none. */
static int parse_reserved(struct text_span text, struct port_set *set)
{
	struct text_span line;
	const char *problem;

	if (!text_next_line(&text, &line))
		return 0;
	return port_set_parse(line.at, line.len, set, &problem);
}

static int damaged(const char *path, struct error *e)
{
	return error_set(e, -EBADMSG, ERROR_FAILED, path, "it does not hold ports");
}

int port_range_read(struct source *s, struct port_range *ret, struct error *e)
{
	CLEANUP(bytes_done) struct bytes text = { 0 };
	struct port_range range = { 0 };
	int r = source_read_file(s, SOURCE_NETNS, PATH_RANGE, &text, e);

	if (r < 0)
		return r;
	if (parse_range((struct text_span){ text.data, text.len }, &range) < 0)
		return damaged(PATH_RANGE, e);
	r = source_read_file(s, SOURCE_NETNS, PATH_RESERVED, &text, e);
	if (r < 0)
		return r;
	if (parse_reserved((struct text_span){ text.data, text.len }, &range.reserved) < 0)
		return damaged(PATH_RESERVED, e);
	for (uint32_t port = range.first; port <= range.last; port++)
		range.ports += !port_set_has(&range.reserved, (uint16_t)port);
	*ret = range;
	return 0;
}
