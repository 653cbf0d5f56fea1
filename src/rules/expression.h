/* The expression language of rule books and profiles.
 *
 *   path.rcvbuf_p95 >= 0.9 * sysctl('net.ipv4.tcp_rmem')[2] && path.min_rtt > 10ms
 *
 * Numbers with units (base/unit.h), strings in single quotes, metrics by name, and, from weakest to
 * strongest binding:  ||   &&   !   == != < <= > >=   + -   * /   unary -   [index].
 * Functions: min max clamp(x, low, high) abs pow2up (next power of two) sqrt if(cond, a, b)
 * have(x) (x is known) sysctl('key') before(metric expression) sum(x) any(condition) (over the
 * entities of the kind whose metrics x names) available('cc' | 'qdisc', 'name'). Names bound by the
 * caller
 * (`current`, `buffer_cap`, inputs of a profile) are variables.
 *
 * Dimension-checked when compiled: bytes compared with seconds, or pages with bytes, is an error.
 * The plain number 0 fits every dimension. Three-valued when evaluated: anything unknown makes the
 * result unknown unless it cannot matter (false && unknown is false, true || unknown is true,
 * if() looks only at the branch taken), and the first thing that was missing is reported.
 * Division by zero and results that are not finite are unknown.
 */
#ifndef NETWRIGHT_RULES_EXPRESSION_H
#define NETWRIGHT_RULES_EXPRESSION_H

#include "base/error.h"
#include "base/unit.h"
#include "measure/observation.h"
#include "measure/value.h"
#include "tunables/catalogue.h"

#include <stdbool.h>

enum expression_type { EXPRESSION_NUMBER, EXPRESSION_CONDITION, EXPRESSION_TEXT };

struct metric;
struct expression; /* immutable once compiled */

/* A name the caller gives a value, e.g. `current`. */
struct expression_variable {
	const char *name;
	struct dimension dim;
};

/* What an expression may refer to. */
struct expression_context {
	enum entity_kind scope; /* metrics of this kind and of the host are in scope; those of
				 * other kinds only inside sum() and any() */
	bool facts_only;	/* no metric but those of metric_is_fact() */
	const struct expression_variable *variables;
	size_t variable_count;
	const char *file; /* for messages */
	unsigned int line;
	const char *what;    /* the setting's name, "when" */
	unsigned int column; /* characters of the setting before `text`, of a template */
};

/* Compiles `text`. Errors are -EINVAL, one sentence with file, line, column within the text, what
 * was found and what would fit. Limits: 4096 characters, 64 levels, 512 nodes. */
int expression_compile(const char *text, const struct expression_context *context,
		       struct expression **ret, struct error *e);
void expression_free(struct expression *x); /* accepts NULL */

enum expression_type expression_type(const struct expression *x);
struct dimension expression_dimension(const struct expression *x);
/* Most fitting unit for printing: that of its only metric or tunable, else by dimension. */
enum unit expression_unit(const struct expression *x);
const char *expression_text(const struct expression *x);

/* Whether it reads that tunable with sysctl(). */
bool expression_reads(const struct expression *x, const struct tunable *t);

/* Calls `visit` for each metric and each tunable that it names, as often as it does; the other one
 * is NULL. */
void expression_each_name(const struct expression *x,
			  void (*visit)(void *arg, const struct metric *m, const struct tunable *t),
			  void *arg);

struct expression_environment {
	const struct observation *observation;
	const struct tunable_values *tunables;
	const void *entity;		  /* of the context's scope */
	const struct value *variables;	  /* in the order of the context's */
	const struct observation *before; /* for before(); NULL makes it unknown */
	const void *before_entity;
};

enum truth { TRUTH_FALSE, TRUTH_TRUE, TRUTH_UNKNOWN };

struct expression_result {
	struct value value;  /* EXPRESSION_NUMBER and _TEXT */
	enum truth truth;    /* EXPRESSION_CONDITION */
	const char *missing; /* metric or tunable whose absence made it unknown; NULL otherwise */
	const char *reason;  /* why it is unknown; NULL otherwise */
};

struct expression_result expression_evaluate(const struct expression *x,
					     const struct expression_environment *env);

/* For a comparison that holds, how far the left side is beyond the right (>= 1), for the outermost
 * && chain the first numeric comparison with a metric on its left. NAN when there is none. */
double expression_excess(const struct expression *x, const struct expression_environment *env);
/* The thing compared with `metric` in `x` (e.g. 0.9 * tcp_rmem[2]), for the "threshold" of a
 * finding's evidence; unknown when x compares it with nothing. Of several comparisons that hold the
 * tightest, and the first when none holds. */
struct value expression_threshold(const struct expression *x, const char *metric,
				  const struct expression_environment *env);

#endif
