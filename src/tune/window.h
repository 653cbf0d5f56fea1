/* One look at a place while something is tried: what was observed, what was set, what that means.
 */
#ifndef NETWRIGHT_TUNE_WINDOW_H
#define NETWRIGHT_TUNE_WINDOW_H

#include "measure/metric.h"
#include "measure/observation.h"
#include "rules/diagnose.h"
#include "rules/expression.h"
#include "tunables/catalogue.h"

#include <stdbool.h>

struct window {
	struct observation *observation; /* owned */
	struct tunable_values settings;	 /* owned */
	struct diagnosis diagnosis;	 /* owned; without lints */
};
void window_done(struct window *w); /* accepts {0} */

/* What a trial is about. An entity is known by its name: its index differs between windows. */
struct subject {
	enum entity_kind kind;
	char entity[ENTITY_NAME_MAX]; /* not used for ENTITY_HOST */
};

/* The entity in this window, to be given to metric_get(); NULL when the window does not have it. */
const void *window_find(const struct window *w, const struct subject *s);

/* A metric of the subject, or of the host. Unknown when the window does not have the subject. */
struct value window_metric(const struct window *w, const struct subject *s, const struct metric *m);

/* A condition about the subject in `now`; before() in it means `before`. Unknown when either window
 * lacks the subject. */
enum truth window_judge(const struct window *now, const struct window *before,
			const struct subject *s, const struct expression *condition);

/* Whether the window's diagnosis has a finding of that rule about the subject. */
bool window_has_finding(const struct window *w, const struct subject *s, const struct rule *rule);

#endif
