/* Whether a rule matches an entity, and how badly. */
#include "base/cleanup.h"
#include "rules/candidate.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* A TCP buffer may take a sixteenth of memory, so that one bulk flow and everything else fit, and
 * never more than 1 GiB, half of what the kernel's int could hold. */
#define BUFFER_CAP_SHARE 16
#define BUFFER_CAP_BYTES (1024.0 * 1024 * 1024)

void case_open(struct case_file *file, const struct observation *o,
	       const struct tunable_values *settings)
{
	double memory = (double)o->facts.memory_bytes;

	*file = (struct case_file){ .observation = o, .tunables = settings };
	file->variables[RULE_BUFFER_CAP] = o->facts.memory_bytes == 0
						   ? value_unknown("the size of memory is unknown")
						   : value_number(fmin(BUFFER_CAP_BYTES,
								       memory / BUFFER_CAP_SHARE));
	file->variables[RULE_MATCHES] = value_unknown("is known once the rule is judged");
	file->variables[RULE_CURRENT] = value_unknown("stands for a tunable's present value");
}

struct expression_environment case_environment(const struct case_file *file, enum entity_kind kind,
					       size_t index)
{
	return (struct expression_environment){
		.observation = file->observation,
		.tunables = file->tunables,
		.entity = observation_entity(file->observation, kind, index),
		.variables = file->variables,
	};
}

static enum truth opposite(enum truth t)
{
	static const enum truth of[] = { [TRUTH_FALSE] = TRUTH_TRUE,
					 [TRUTH_TRUE] = TRUTH_FALSE,
					 [TRUTH_UNKNOWN] = TRUTH_UNKNOWN };

	return of[t];
}

/* needs && when && !unless: one that fails settles it, however much is unknown about the others. */
static struct judgement judge_in(const struct rule *rule, const struct expression_environment *env)
{
	const struct expression *const conditions[] = { rule->needs, rule->when, rule->unless };
	struct judgement j = { .truth = TRUTH_TRUE };

	for (size_t i = 0; i < ARRAY_LEN(conditions); i++) {
		struct expression_result r;
		enum truth truth;

		if (conditions[i] == NULL)
			continue;
		r = expression_evaluate(conditions[i], env);
		truth = conditions[i] == rule->unless ? opposite(r.truth) : r.truth;
		if (truth == TRUTH_FALSE)
			return (struct judgement){ .truth = TRUTH_FALSE };
		if (truth == TRUTH_TRUE || j.truth == TRUTH_UNKNOWN)
			continue;
		j.truth = TRUTH_UNKNOWN;
		j.missing = r.missing != NULL ? r.missing : expression_text(conditions[i]);
		j.reason = r.reason != NULL ? r.reason : "unknown";
	}
	return j;
}

struct judgement rule_judge(const struct rule *rule, const struct case_file *file, size_t entity)
{
	const struct expression_environment env = case_environment(file, rule->scope, entity);

	return judge_in(rule, &env);
}

struct judgement rule_judge_unseen(const struct rule *rule, const struct case_file *file)
{
	const struct judgement none = { .truth = TRUTH_FALSE };
	struct expression_environment env = case_environment(file, rule->scope, SIZE_MAX);
	struct unseen unseen;

	if (!observation_unseen(file->observation, rule->scope, &unseen))
		return none;
	env.entity = unseen.most;
	if (unseen.most != NULL && judge_in(rule, &env).truth == TRUTH_FALSE)
		return none;
	return (struct judgement){ TRUTH_UNKNOWN, unseen.what, unseen.reason };
}

/* How far below the ceiling a finding is that exceeds its threshold by no more than `ratio`. */
static enum severity severity_of(enum severity ceiling, double ratio)
{
	static const struct {
		double above;
		unsigned int below_ceiling;
	} steps[] = { { 2, 0 }, { 1.5, 1 }, { 1.2, 2 }, { -INFINITY, 3 } };
	size_t i = 0;

	while (!(ratio > steps[i].above))
		i++;
	return (unsigned int)ceiling > steps[i].below_ceiling
		       ? (enum severity)((unsigned int)ceiling - steps[i].below_ceiling)
		       : SEVERITY_INFO;
}

struct candidate rule_candidate(const struct rule *rule, const struct case_file *file,
				size_t entity)
{
	struct expression_environment env = case_environment(file, rule->scope, entity);
	struct candidate c = { .rule = rule, .entity = entity, .severity = rule->ceiling };
	double excess = expression_excess(rule->when, &env);

	c.ratio = isnan(excess) ? 0 : excess;
	if (rule->severity != NULL) {
		struct expression_result r = expression_evaluate(rule->severity, &env);

		/* a degree that is not known is not claimed: the lowest */
		c.ratio = r.value.kind == VALUE_NUMBER ? r.value.number : 0;
		c.severity = severity_of(rule->ceiling, c.ratio);
	}
	return c;
}
