/* The tunables that rules, profiles and people may name.
 *
 * One row says everything about a tunable; `explain`, validation and the manual come from it. Only
 * catalogued keys are ever turned into paths: one stray key below /proc/sys/net is a one-way global
 * switch.
 */
#ifndef NETWRIGHT_TUNABLES_CATALOGUE_H
#define NETWRIGHT_TUNABLES_CATALOGUE_H

#include "base/error.h"
#include "base/unit.h"
#include "host/source.h"
#include "measure/value.h"

#include <stddef.h>
#include <stdint.h>

#define TUNABLE_ELEMENTS_MAX  4
#define TUNABLE_INTERFACE_MAX 15  /* bytes of an interface's name (IFNAMSIZ - 1) */
#define TUNABLE_NAME_MAX      96  /* bytes of a name, with the NUL; the longest catalogued: 56 */
#define TUNABLE_TEXT_MAX      512 /* bytes of a value, with the NUL */

enum tunable_type {
	TUNABLE_INTEGER,
	TUNABLE_BOOLEAN,
	TUNABLE_VECTOR,
	TUNABLE_TOKEN,	/* one word: a congestion control, a queueing discipline */
	TUNABLE_TOKENS, /* a set of words; the kernel shows them in its own order */
	TUNABLE_PORTS,	/* a set of ports: "8080,9000-9010" */
};
enum tunable_scope {
	TUNABLE_PER_NETNS,   /* each network namespace has its own */
	TUNABLE_INIT_ONLY,   /* can be written in the initial namespace only; see `shown` */
	TUNABLE_PER_PROCESS, /* no sysctl: see tunables/rlimit.h */
	TUNABLE_PER_ROUTE,
	TUNABLE_PER_LINK,
	TUNABLE_PER_SOCKET, /* no sysctl: see tunables/socket.h */
};
enum tunable_undo {
	TUNABLE_UNDO_FULL,
	TUNABLE_UNDO_NEW_SOCKETS_ONLY, /* what exists keeps what it got in between */
	TUNABLE_UNDO_NO,	       /* writing the old value does not restore what was */
};
/* Which numbers the kernel takes as they are. Others it rounds up (rps_sock_flow_entries: 3000
 * became 4096, measured on Linux 6.18) or refuses (flow_limit_table_len). */
enum tunable_rounding {
	TUNABLE_ROUND_NONE,
	TUNABLE_ROUND_POWER_OF_TWO,    /* and 0 */
	TUNABLE_ROUND_MULTIPLE_OF_512, /* the pointers of a 4 KiB page: nf_ct_alloc_hashtable() */
};
/* Who may write: net_ctl_permissions() of net/sysctl_net.c, and the modes below /proc/sys. */
enum tunable_privilege {
	TUNABLE_NET_ADMIN, /* CAP_NET_ADMIN, or uid 0, of the namespace */
	TUNABLE_ROOT,	   /* uid 0 of the host */
	TUNABLE_SAME_USER, /* the process's user; CAP_SYS_RESOURCE for more than that */
	TUNABLE_TRACER,	   /* who may trace the process: pidfd_getfd(2) */
};

struct tunable {
	const char *name; /* dotted: "net.ipv4.tcp_rmem"; in a pattern, * is any interface */
	enum tunable_type type;
	unsigned int elements; /* 1, or the arity of a vector */
	enum unit unit;	       /* of each element */
	double scale; /* base units in one of the kernel's own: 1e-6 for microseconds, else 1 */
	int64_t minimum, maximum; /* inclusive, of each element, in the kernel's own unit */
	bool ascending;		  /* a vector must not decrease */
	enum tunable_scope scope;
	bool shown; /* TUNABLE_INIT_ONLY: other namespaces show it, read-only */
	enum tunable_undo undo;
	const char *source; /* where it is documented */
	enum tunable_rounding rounding;
	const char *since; /* first kernel that has it, "4.9"; NULL: older than any we care for */
	const char *side_effects; /* what else a write changes, in sentences; NULL: nothing */
	const char *help;	  /* what it does, one or two sentences */
	const char *word;	  /* that is taken in place of a number: "auto"; NULL: none is */
};

/* Sorted by name. */
extern const struct tunable tunables[];
extern const size_t tunable_count;

/* The row of a name, or NULL. "net.ipv4.conf.eth0/100.rp_filter" finds the pattern
 * "net.ipv4.conf.*.rp_filter" (a dot within the interface's name is written / as in sysctl.d(5);
 * `all` and `default` count as interfaces) unless the name has a row of its own. */
const struct tunable *tunable_find(const char *name);
/* Whether the row stands for one setting of each interface, none of which it names itself. */
bool tunable_is_pattern(const struct tunable *t);
/* The row under another name, for messages: its own may be a pattern, which nobody can write. NULL:
 * messages name nothing. Borrows `name`. */
struct tunable tunable_called(const struct tunable *t, const char *name);
enum tunable_privilege tunable_privilege(const struct tunable *t);
/* "/proc/sys/net/ipv4/conf/eth0.100/rp_filter"; returns buf, or NULL when it does not fit or the
 * name is not a catalogued one: nothing else ever becomes a path. */
const char *tunable_name_path(const char *name, char *buf, size_t len);
/* The same of a row's own name; NULL for a pattern. */
const char *tunable_path(const struct tunable *t, char *buf, size_t len);

/* Between a number as the kernel's file holds it and base units. tunable_to_kernel() rounds to the
 * nearest integer and keeps it within minimum and maximum; `base` must be finite. */
double tunable_from_kernel(const struct tunable *t, int64_t kernel);
int64_t tunable_to_kernel(const struct tunable *t, double base);

/* What the audited host has set. */
struct tunable_value {
	char text[TUNABLE_TEXT_MAX]; /* as read, printable, one blank between words */
	struct value element[TUNABLE_ELEMENTS_MAX]; /* numbers in base units; tokens as text;
						     * unknown with a reason */
	char reason[128];			    /* why unknown; "" when read */
	bool exists; /* false: this kernel or namespace has no such key */
};

struct tunable_values {
	struct tunable_value *values; /* owned; tunable_count of them, in catalogue order */
};

/* Reads every catalogued tunable from the audited namespace; init-only ones that are not shown
 * there from the initial namespace. Missing keys and patterns are unknown; returns 0 or -ENOMEM. */
int tunable_values_read(struct source *s, struct tunable_values *ret, struct error *e);
/* Those that are `wanted`, a flag for each in catalogue order; NULL: all. The others are unknown.
 */
int tunable_values_read_some(struct source *s, const bool *wanted, struct tunable_values *ret,
			     struct error *e);
void tunable_values_done(struct tunable_values *v);
/* The value of a text such as the kernel shows. Its elements point into *ret: do not copy it. */
void tunable_value_take(const struct tunable *t, const char *text, size_t len,
			struct tunable_value *ret);
const struct tunable_value *tunable_value_of(const struct tunable_values *v,
					     const struct tunable *t);

#endif
