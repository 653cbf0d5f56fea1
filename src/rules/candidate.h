/* The steps of a diagnosis. For diagnose.c and the files that implement them.
 *
 *   judge -> candidates -> silence -> findings -> merge
 */
#ifndef NETWRIGHT_RULES_CANDIDATE_H
#define NETWRIGHT_RULES_CANDIDATE_H

#include "rules/diagnose.h"

#include <stdbool.h>
#include <stddef.h>

/* What every step reads. */
struct case_file {
	const struct observation *observation;
	const struct tunable_values *tunables;
	struct value variables[RULE_VARIABLES]; /* RULE_MATCHES is set for each rule, and
						 * RULE_CURRENT for each change */
};

/* A rule that matched one entity. */
struct candidate {
	const struct rule *rule;
	size_t entity; /* index among those of rule->scope */
	enum severity severity;
	double ratio; /* actual to threshold, to tell the worst; 0 unknown */
};

struct candidates {
	struct candidate *all; /* owned; grouped by rule in the book's order, entities ascending */
	size_t count;
	size_t capacity;
};

/* A finding about one entity, and after merging about several, with what it is sorted by. */
struct case_finding {
	struct finding finding;
	double ratio;
	size_t entity;
};

/* judge.c */
struct judgement {
	enum truth truth;	      /* whether the rule matches */
	const char *missing, *reason; /* of TRUTH_UNKNOWN */
};
void case_open(struct case_file *file, const struct observation *o,
	       const struct tunable_values *settings);
struct expression_environment case_environment(const struct case_file *file, enum entity_kind kind,
					       size_t index);
struct judgement rule_judge(const struct rule *rule, const struct case_file *file, size_t entity);
/* About the entities of its scope that could not be seen: TRUTH_UNKNOWN when one of them may match,
 * else TRUTH_FALSE. */
struct judgement rule_judge_unseen(const struct rule *rule, const struct case_file *file);
struct candidate rule_candidate(const struct rule *rule, const struct case_file *file,
				size_t entity);

/* silence.c: takes out what other candidates silence. 0 or -ENOMEM. */
int candidates_silence(struct candidates *c, const struct observation *o);

/* propose.c: fills finding->changes. Why those left out were is appended to `excuse`, separated by
 * "; ". 0 or -ENOMEM. */
int finding_propose(struct finding *f, const struct case_file *file, size_t entity,
		    struct bytes *excuse);

/* finding.c */
int finding_build(const struct candidate *c, const struct case_file *file, struct finding *ret);
void finding_done(struct finding *f);
void finding_drop_change(struct finding *f, size_t index);
int finding_add_advice(struct finding *f, const char *paragraph);

/* merge.c: joins findings that agree, orders them, and lets each tunable's element be changed by
 * one only. *count shrinks. 0 or -ENOMEM. */
int findings_merge(struct case_finding *findings, size_t *count);

#endif
