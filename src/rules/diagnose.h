/* Applies a rule book to an observation. Pure. */
#ifndef NETWRIGHT_RULES_DIAGNOSE_H
#define NETWRIGHT_RULES_DIAGNOSE_H

#include "base/error.h"
#include "measure/observation.h"
#include "rules/rulebook.h"
#include "tunables/catalogue.h"
#include "tunables/kind.h"

struct finding_evidence {
	char *metric; /* expression text, usually a metric's name */
	enum unit unit;
	struct value value;
	struct value threshold; /* unknown when the rule compares it with nothing */
};

struct finding_change {
	const struct tunable *tunable; /* its row */
	char target[TARGET_NAME_MAX];  /* "route:198.51.100.0/24/congctl"; "" of a sysctl */
	unsigned int element;
	struct value from, to; /* base units, or text; `from` of a target is unknown: the
				* observation does not hold it */
	struct value step;     /* how far one trial may go; unknown: as far as `to` */
	char *note;	       /* may be NULL */
};

struct finding_entity {
	char *name;
	uint32_t flows; /* of a path; 0 otherwise */
	char *process;	/* "" unknown */
};

struct finding {
	const struct rule *rule;
	const char *subject; /* what its entities are: "host", "path", ...; "setting" of a lint;
			      * static */
	enum severity severity;
	struct finding_entity *entities; /* the worst first; several agree on the same changes */
	size_t entity_count;
	char *title; /* of the worst entity, filled in */
	struct finding_evidence *evidence;
	size_t evidence_count;
	struct finding_change *changes; /* the largest `to` of all entities */
	size_t change_count;
	char *advice; /* paragraphs joined by newline; "" for none */
};

struct unjudged {
	const struct rule *rule;
	const char *missing; /* metric or tunable */
	char reason[160];
};

/* A finding left out because configuration says so (rules/ignore.h). */
struct ignored {
	const struct rule *rule;
	char *entity;
	enum severity severity;
	const char *why; /* owned by the rule book */
};

struct diagnosis {
	struct finding *findings; /* owned, most severe first, then by id */
	size_t finding_count;
	struct unjudged *unjudged; /* owned: rules that no entity could settle, by id */
	size_t unjudged_count;
	struct ignored *ignored; /* owned, by id */
	size_t ignored_count;
	struct rule *lint_rules; /* owned; what findings of lints point to, see lint_finding.h */
	size_t lint_rule_count;
};

/* Strings in the result belong to it, but for values' texts, which belong to the observation and
 * the settings: keep those alive. 0 or -ENOMEM. */
int diagnose(const struct rulebook *book, const struct observation *observation,
	     const struct tunable_values *settings, struct diagnosis *ret, struct error *e);
void diagnosis_done(struct diagnosis *d);

/* "net.ipv4.tcp_rmem[2]", "route:198.51.100.0/24/congctl": what may be wished for. Returns buf. */
const char *finding_change_name(const struct finding_change *c, char buf[TARGET_NAME_MAX]);

#endif
