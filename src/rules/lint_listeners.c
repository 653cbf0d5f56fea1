/* What lints ask about the sockets that listen. */
#include "base/text.h"
#include "rules/lint_checks.h"

#include <string.h>

#define SOMAXCONN_KEY "net.core.somaxconn"
#define RESERVED_KEY  "net.ipv4.ip_local_reserved_ports"

/* A list of every port of its own is 370 KiB; a person's is not. */
#define RESERVED_MAX 4096

/* Linux inet_sysctl_init(): net.ipv4.ip_local_port_range. A service within this range has chosen an
 * odd port; the range is not to blame. */
#define DEFAULT_FIRST_PORT 32768
#define DEFAULT_LAST_PORT  60999

static enum lint_verdict unknown(const char **ret_reason, const char *reason)
{
	*ret_reason = reason;
	return LINT_UNKNOWN;
}

static enum lint_verdict listeners_unknown(const char **ret_reason)
{
	return unknown(ret_reason, "not all of the listening sockets were looked at");
}

enum lint_verdict lint_backlogs_below(const struct lint *lint, const struct lint_case *c,
				      const char **ret_reason)
{
	const struct lint_host *host = c->host;
	int64_t ceiling = c->number[0], number[4];
	char text[32];

	(void)lint;
	if (!host->listeners_known)
		return listeners_unknown(ret_reason);
	/* A backlog that is as long as the value in force allows may want more. */
	if (lint_value_in_force(host, SOURCE_NETNS, SOMAXCONN_KEY, text, sizeof(text)) == 0 &&
	    lint_numbers(text, number) == 1 && number[0] < ceiling)
		ceiling = number[0];
	for (size_t i = 0; i < host->listener_count; i++) {
		if ((int64_t)host->listeners[i].backlog >= ceiling)
			return LINT_FINE;
	}
	return host->listener_count > 0 ? LINT_WRONG : LINT_FINE;
}

/* "8080,9148-9150". Whether `port` is in it; a malformed part reserves nothing. */
static bool is_reserved(const char *list, uint16_t port)
{
	while (*list != '\0') {
		size_t len = strcspn(list, ",");
		const char *dash = memchr(list, '-', len);
		size_t first_len = dash != NULL ? (size_t)(dash - list) : len;
		uint64_t first, last;

		if (text_parse_u64(list, first_len, 10, &first) == 0) {
			last = first;
			if (dash != NULL &&
			    text_parse_u64(dash + 1, len - first_len - 1, 10, &last) < 0)
				last = first;
			if (first <= port && port <= last)
				return true;
		}
		list += len;
		list += *list == ',';
	}
	return false;
}

/* The first listener at or after `from` whose port is in the range; the count when there is none.
 */
static size_t next_in_range(const struct lint_case *c, size_t from)
{
	size_t i = from;

	while (i < c->host->listener_count && (c->host->listeners[i].port < c->number[0] ||
					       c->host->listeners[i].port > c->number[1]))
		i++;
	return i;
}

enum lint_verdict lint_ports_meet_listeners(const struct lint *lint, const struct lint_case *c,
					    const char **ret_reason)
{
	const struct lint_host *host = c->host;
	char reserved[RESERVED_MAX];
	size_t i;

	(void)lint;
	if (c->numbers < 2 ||
	    (c->number[0] >= DEFAULT_FIRST_PORT && c->number[1] <= DEFAULT_LAST_PORT))
		return LINT_FINE;
	if (!host->listeners_known)
		return listeners_unknown(ret_reason);
	i = next_in_range(c, 0);
	if (i == host->listener_count)
		return LINT_FINE;
	if (!lint_value_of(host, RESERVED_KEY, reserved, sizeof(reserved)))
		return unknown(ret_reason, RESERVED_KEY " is unknown");
	if (strlen(reserved) + 3 >= sizeof(reserved))
		return unknown(ret_reason, RESERVED_KEY " is too long to look through");
	for (; i < host->listener_count; i = next_in_range(c, i + 1)) {
		if (!is_reserved(reserved, host->listeners[i].port))
			return LINT_WRONG;
	}
	return LINT_FINE;
}
