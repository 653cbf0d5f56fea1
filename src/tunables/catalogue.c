/* The table of tunables, row by row in catalogue_*.inc, and what can be asked of it.
 *
 * Ranges are what makes sense, not what the kernel takes: it accepts tcp_fin_timeout -5 and
 * tcp_rmem "9000000 131072 6291456" without complaint (measured on Linux 6.18).
 */
#include "tunables/catalogue.h"

#include "base/cleanup.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Short names for the columns of the rows. */
#define IP	"Documentation/networking/ip-sysctl.rst"
#define CORE	"Documentation/admin-guide/sysctl/net.rst"
#define FS	"Documentation/admin-guide/sysctl/fs.rst"
#define KERNEL	"Documentation/admin-guide/sysctl/kernel.rst"
#define VM	"Documentation/admin-guide/sysctl/vm.rst"
#define CT	"Documentation/networking/nf_conntrack-sysctl.rst"
#define MPTCP	"Documentation/networking/mptcp-sysctl.rst"
#define I32	INT32_MAX
#define JIFFIES (INT32_MAX / 1000) /* seconds; the kernel multiplies by HZ, at most 1000 */
#define NS	TUNABLE_PER_NETNS, false
#define INIT	TUNABLE_INIT_ONLY, false
#define SHOWN	TUNABLE_INIT_ONLY, true
#define FULL	TUNABLE_UNDO_FULL
#define NEW	TUNABLE_UNDO_NEW_SOCKETS_ONLY
#define NONE	TUNABLE_UNDO_NO
#define POW2	TUNABLE_ROUND_POWER_OF_TWO
#define MULT512 TUNABLE_ROUND_MULTIPLE_OF_512

/* Measures: a unit, and how many base units one of the kernel's numbers is. */
#define COUNT	      UNIT_COUNT, 1
#define PERCENT	      UNIT_RATIO, 0.01
#define BYTES	      UNIT_BYTES, 1
#define KIBIBYTES     UNIT_BYTES, 1024
#define SECONDS	      UNIT_SECONDS, 1
#define MILLISECONDS  UNIT_SECONDS, 1e-3
#define MICROSECONDS  UNIT_SECONDS, 1e-6
#define NANOSECONDS   UNIT_SECONDS, 1e-9
#define SEGMENTS      UNIT_SEGMENTS, 1
#define SEGMENT_BYTES UNIT_BYTES_PER_SEGMENT, 1
#define PAGES	      UNIT_PAGES, 1

/* Rows. Scope is NS, INIT or SHOWN; undo FULL, NEW or NONE; what follows the source is written as
 * initialisers: .rounding, .since, .side_effects, .help. */
#define INTEGER(NAME, MEASURE, MIN, MAX, SCOPE, UNDO, SOURCE, ...) \
	{ NAME, TUNABLE_INTEGER, 1, MEASURE, MIN, MAX, false, SCOPE, UNDO, SOURCE, __VA_ARGS__ },
#define BOOLEAN(NAME, SCOPE, UNDO, SOURCE, ...) \
	{ NAME, TUNABLE_BOOLEAN, 1, COUNT, 0, 1, false, SCOPE, UNDO, SOURCE, __VA_ARGS__ },
/* Vectors are bounds that must not decrease. */
#define VECTOR(NAME, ELEMENTS, MEASURE, MIN, MAX, SCOPE, UNDO, SOURCE, ...) \
	{                                                                   \
		NAME, TUNABLE_VECTOR, ELEMENTS, MEASURE, MIN,	     MAX,   \
		true, SCOPE,	      UNDO,	SOURCE,	 __VA_ARGS__        \
	},
#define TEXT(NAME, TYPE, SCOPE, UNDO, SOURCE, ...) \
	{ NAME, TYPE, 1, UNIT_TEXT, 1, 0, 0, false, SCOPE, UNDO, SOURCE, __VA_ARGS__ },
#define TOKEN(NAME, ...)  TEXT(NAME, TUNABLE_TOKEN, __VA_ARGS__)
#define TOKENS(NAME, ...) TEXT(NAME, TUNABLE_TOKENS, __VA_ARGS__)
#define PORTS(NAME, ...)  TEXT(NAME, TUNABLE_PORTS, __VA_ARGS__)

/* In the order of their names. */
const struct tunable tunables[] = {
#include "tunables/catalogue_host.inc"
/**/
#include "tunables/catalogue_core.inc"
/**/
#include "tunables/catalogue_ipv4.inc"
/**/
#include "tunables/catalogue_tcp.inc"
/**/
#include "tunables/catalogue_udp.inc"
/**/
#include "tunables/catalogue_ipv6.inc"
/**/
#include "tunables/catalogue_mptcp.inc"
/**/
#include "tunables/catalogue_conntrack.inc"
/**/
#include "tunables/catalogue_unix.inc"
/**/
#include "tunables/catalogue_vm.inc"
};

const size_t tunable_count = sizeof(tunables) / sizeof(tunables[0]);

static const struct tunable *find_row(const char *name)
{
	size_t low = 0, high = tunable_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(name, tunables[middle].name);

		if (order == 0)
			return &tunables[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

/* What stands between these and the next dot is an interface. */
static const char *const interface_parents[] = {
	"net.ipv4.conf.",
	"net.ipv4.neigh.",
	"net.ipv6.conf.",
	"net.ipv6.neigh.",
};

/* dev_valid_name() of net/core/dev.c, of a name whose dots are written as slashes; and nothing that
 * reads as a pattern or drives a terminal. */
static bool is_interface(const char *name, size_t len)
{
	if (len == 0 || len > TUNABLE_INTERFACE_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (name[i] <= ' ' || name[i] > '~' || strchr(":*?[", name[i]) != NULL)
			return false;
	}
	return strspn(name, "/") != len || len > 2; /* "." and ".." */
}

const struct tunable *tunable_find(const char *name)
{
	const struct tunable *row = find_row(name);
	char pattern[TUNABLE_NAME_MAX];

	for (size_t i = 0; row == NULL && i < ARRAY_LEN(interface_parents); i++) {
		const char *parent = interface_parents[i];
		size_t parent_len = strlen(parent);
		size_t interface_len;
		int n;

		if (strncmp(name, parent, parent_len) != 0)
			continue;
		interface_len = strcspn(name + parent_len, ".");
		if (!is_interface(name + parent_len, interface_len))
			return NULL;
		n = snprintf(pattern, sizeof(pattern), "%s*%s", parent,
			     name + parent_len + interface_len);
		if (n > 0 && (size_t)n < sizeof(pattern))
			row = find_row(pattern);
	}
	return row;
}

bool tunable_is_pattern(const struct tunable *t)
{
	return strchr(t->name, '*') != NULL;
}

struct tunable tunable_called(const struct tunable *t, const char *name)
{
	struct tunable called = *t;

	called.name = name;
	return called;
}

enum tunable_privilege tunable_privilege(const struct tunable *t)
{
	if (t->scope == TUNABLE_PER_ROUTE || t->scope == TUNABLE_PER_LINK)
		return TUNABLE_NET_ADMIN;
	if (t->scope == TUNABLE_PER_PROCESS)
		return TUNABLE_SAME_USER;
	if (t->scope == TUNABLE_PER_SOCKET)
		return TUNABLE_TRACER;
	return strncmp(t->name, "net.", 4) == 0 ? TUNABLE_NET_ADMIN : TUNABLE_ROOT;
}

const char *tunable_name_path(const char *name, char *buf, size_t len)
{
	static const char root[] = "/proc/sys/";
	const struct tunable *t = tunable_find(name);
	int n = snprintf(buf, len, "%s%s", root, name);

	if (t == NULL || strchr(name, '*') != NULL || n < 0 || (size_t)n >= len)
		return NULL;
	for (char *at = buf + strlen(root); *at != '\0'; at++) {
		if (*at == '.')
			*at = '/';
		else if (*at == '/')
			*at = '.';
	}
	return buf;
}

const char *tunable_path(const struct tunable *t, char *buf, size_t len)
{
	return tunable_name_path(t->name, buf, len);
}

double tunable_from_kernel(const struct tunable *t, int64_t kernel)
{
	return (double)kernel * t->scale;
}

int64_t tunable_to_kernel(const struct tunable *t, double base)
{
	double kernel = round(base / t->scale);

	/* (double)INT64_MAX is above INT64_MAX: compare before converting back. */
	if (!(kernel > (double)t->minimum))
		return t->minimum;
	if (kernel >= (double)t->maximum)
		return t->maximum;
	return (int64_t)kernel;
}
