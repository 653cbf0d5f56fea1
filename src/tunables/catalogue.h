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

#define TUNABLE_ELEMENTS_MAX 4

enum tunable_type {
	TUNABLE_INTEGER,
	TUNABLE_BOOLEAN,
	TUNABLE_VECTOR,
	TUNABLE_TOKEN,
	TUNABLE_TOKENS
};
enum tunable_scope {
	TUNABLE_PER_NETNS, /* each network namespace has its own */
	TUNABLE_INIT_ONLY, /* can be written in the initial namespace only; others may show it */
};
enum tunable_undo { TUNABLE_UNDO_FULL, TUNABLE_UNDO_NEW_SOCKETS_ONLY, TUNABLE_UNDO_NO };

struct tunable {
	const char *name; /* dotted: "net.ipv4.tcp_rmem" */
	enum tunable_type type;
	unsigned int elements; /* 1, or the arity of a vector */
	enum unit unit;	       /* of each element */
	double scale; /* base units in one of the kernel's own: 1e-6 for microseconds, else 1 */
	int64_t minimum, maximum; /* inclusive, of each element, in the kernel's own unit */
	bool ascending;		  /* a vector must not decrease */
	enum tunable_scope scope;
	enum tunable_undo undo;
	const char *since;  /* first kernel that has it, "4.9"; NULL: older than any we care for */
	const char *help;   /* what it does, one or two sentences */
	const char *source; /* where that is documented */
};

/* Sorted by name. */
extern const struct tunable tunables[];
extern const size_t tunable_count;

const struct tunable *tunable_find(const char *name); /* or NULL */
/* "/proc/sys/net/ipv4/tcp_rmem"; returns buf, or NULL when it does not fit. */
const char *tunable_path(const struct tunable *t, char *buf, size_t len);

/* Between a number as the kernel's file holds it and base units. tunable_to_kernel() rounds to the
 * nearest integer and keeps it within minimum and maximum; `base` must be finite. */
double tunable_from_kernel(const struct tunable *t, int64_t kernel);
int64_t tunable_to_kernel(const struct tunable *t, double base);

/* What the audited host has set. */
struct tunable_value {
	char text[256]; /* as read, printable, one blank between words */
	struct value element[TUNABLE_ELEMENTS_MAX]; /* numbers in base units; tokens as text;
						     * unknown with a reason */
	char reason[128];			    /* why unknown; "" when read */
	bool exists; /* false: this kernel or namespace has no such key */
};

struct tunable_values {
	struct tunable_value *values; /* owned; tunable_count of them, in catalogue order */
};

/* Reads every catalogued tunable from the audited namespace; init-only ones that are not shown
 * there from the initial namespace. Missing keys are unknown; returns 0 or -ENOMEM. */
int tunable_values_read(struct source *s, struct tunable_values *ret, struct error *e);
void tunable_values_done(struct tunable_values *v);
const struct tunable_value *tunable_value_of(const struct tunable_values *v,
					     const struct tunable *t);

#endif
