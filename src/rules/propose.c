/* The changes of a finding: what the rule asks for, as far as this host can do it. */
#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "rules/candidate.h"
#include "rules/template.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One change while it is worked out. */
struct proposal {
	const struct rule_change *rule;
	const struct tunable *tunable;
	const struct tunable_value *present;
	struct expression_environment env;
	struct value variables[RULE_VARIABLES];
	char name[TARGET_NAME_MAX]; /* "net.ipv4.tcp_rmem[2]" */
	struct bytes *excuse;
};

/* Returns 1 (no change, said why), or -ENOMEM. */
static int excuse(struct proposal *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static int excuse(struct proposal *p, const char *fmt, ...)
{
	char text[512];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (p->excuse->len > 0 && bytes_append(p->excuse, "; ", 2) < 0)
		return -ENOMEM;
	return bytes_append(p->excuse, text, strlen(text)) < 0 ? -ENOMEM : 1;
}

static int excuse_unknown(struct proposal *p, const struct expression *x,
			  const struct expression_result *r)
{
	return excuse(p, "%s cannot be worked out, %s is unknown: %s", p->name,
		      r->missing != NULL ? r->missing : expression_text(x),
		      r->reason != NULL ? r->reason : "no reason given");
}

static void proposal_open(struct proposal *p, const struct rule_change *change,
			  const struct case_file *file, enum entity_kind kind, size_t entity,
			  struct bytes *excuse_text)
{
	*p = (struct proposal){ .rule = change, .tunable = change->tunable, .excuse = excuse_text };
	if (change->tunable->elements > 1)
		(void)snprintf(p->name, sizeof(p->name), "%s[%u]", change->tunable->name,
			       change->element);
	else
		(void)snprintf(p->name, sizeof(p->name), "%s", change->tunable->name);
	if (change->target != NULL)
		(void)snprintf(p->name, sizeof(p->name), "%s", template_text(change->target));
	else if (file->tunables != NULL)
		p->present = tunable_value_of(file->tunables, change->tunable);
	p->env = case_environment(file, kind, entity);
	memcpy(p->variables, file->variables, sizeof(p->variables));
	if (p->present != NULL)
		p->variables[RULE_CURRENT] = p->present->element[change->element];
	p->env.variables = p->variables;
}

/* A kernel without it answers ENOENT, and a namespace may not write what it shows. */
static int check_text(struct proposal *p, const char *to, const struct facts *facts)
{
	static const struct {
		const char *tunable, *kind;
	} chosen[] = {
		{ "net.ipv4.tcp_congestion_control", "cc" },
		{ "net.core.default_qdisc", "qdisc" },
		{ "route:*/congctl", "cc" },
		{ "socket:congestion", "cc" },
	};

	for (size_t i = 0; i < ARRAY_LEN(chosen); i++) {
		if (strcmp(chosen[i].tunable, p->tunable->name) == 0 &&
		    facts_available(facts, chosen[i].kind, to) == AVAILABILITY_NO)
			return excuse(p, "this kernel has no %s %s", chosen[i].kind, to);
	}
	if (p->present != NULL && strcmp(p->present->text, to) == 0)
		return excuse(p, "%s is %s already", p->name, to);
	return 0;
}

static int check_number(struct proposal *p, double wanted, struct finding_change *ret)
{
	int64_t to = tunable_to_kernel(p->tunable, wanted);
	char buf[64];

	ret->to = value_number(tunable_from_kernel(p->tunable, to));
	if (p->present == NULL || to != tunable_to_kernel(p->tunable, ret->from.number))
		return 0;
	return excuse(p, "%s is %s already", p->name,
		      unit_format(p->tunable->unit, ret->from.number, buf, sizeof(buf)));
}

/* Outside the initial namespace the kernel lets nobody choose a control that the host's list lacks:
 * the write gives EPERM (measured). */
static bool needs_permission(const struct proposal *p, const struct value *to,
			     const struct facts *facts)
{
	const struct fact_names *allowed = &facts->congestion_allowed;

	if (facts->netns_is_init || to->kind != VALUE_TEXT || allowed->count == 0 ||
	    strcmp(p->tunable->name, "net.ipv4.tcp_congestion_control") != 0)
		return false;
	for (size_t i = 0; i < allowed->count; i++) {
		if (strcmp(allowed->name[i], to->text) == 0)
			return false;
	}
	return true;
}

static int write_note(const struct proposal *p, const struct value *to, const struct facts *facts,
		      char **ret)
{
	struct bytes note = { 0 };
	int r = 0;

	if (p->rule->note != NULL)
		r = template_fill(p->rule->note, &p->env, &note);
	if (r == 0 && p->tunable->scope == TUNABLE_INIT_ONLY && !facts->netns_is_init)
		r = bytes_printf(&note, "%sto be set in the initial network namespace",
				 note.len > 0 ? "; " : "");
	if (r == 0 && needs_permission(p, to, facts))
		r = bytes_printf(&note,
				 "%sthe host must allow it first: add %s to its "
				 "net.ipv4.tcp_allowed_congestion_control",
				 note.len > 0 ? "; " : "", to->text);
	if (r < 0) {
		bytes_done(&note);
		return r;
	}
	*ret = note.data;
	return 0;
}

/* What a sysctl holds now. 0, 1 for no change, or -ENOMEM. */
static int take_present(struct proposal *p, struct value *ret)
{
	if (p->present == NULL || !p->present->exists)
		return excuse(p, "%s does not exist here%s%s", p->name,
			      p->tunable->since != NULL ? "; Linux has it since " : "",
			      p->tunable->since != NULL ? p->tunable->since : "");
	*ret = p->present->element[p->rule->element];
	return ret->kind == VALUE_UNKNOWN ? excuse(p, "%s", ret->text) : 0;
}

/* Which target of its kind is meant. 0, 1 for no change, or -ENOMEM. */
static int name_target(struct proposal *p, char ret[TARGET_NAME_MAX])
{
	CLEANUP(bytes_done) struct bytes name = { 0 };
	const struct expression *unfit = NULL;
	struct expression_result value;
	char shown[64];
	int r = template_fill_name(p->rule->target, &p->env, &name, &unfit, &value);

	if (r == -ENOMEM)
		return r;
	if (r == 0 && name.len < TARGET_NAME_MAX) {
		memcpy(ret, name.data, name.len + 1);
		memcpy(p->name, ret, name.len + 1);
		return 0;
	}
	if (r == 0)
		return excuse(p, "%s would be a longer name than is taken", p->name);
	if (value.value.kind == VALUE_UNKNOWN)
		return excuse_unknown(p, unfit, &value);
	text_copy_printable(shown, sizeof(shown),
			    value.value.kind == VALUE_TEXT ? value.value.text : "",
			    value.value.kind == VALUE_TEXT ? strlen(value.value.text) : 0);
	return excuse(p, "%s cannot be named: %s is \"%s\"", p->name, expression_text(unfit),
		      shown);
}

/* Whether the rule means it for this entity. 0, 1 for no change, or -ENOMEM. */
static int check_condition(struct proposal *p)
{
	struct expression_result r;

	if (p->rule->when == NULL)
		return 0;
	r = expression_evaluate(p->rule->when, &p->env);
	if (r.truth == TRUTH_UNKNOWN)
		return excuse_unknown(p, p->rule->when, &r);
	return r.truth == TRUTH_FALSE ? 1 : 0;
}

/* 0 with *ret filled, 1 for no change, or -ENOMEM. */
static int propose(struct proposal *p, const struct facts *facts, struct finding_change *ret)
{
	struct expression_result r;
	int code = 0;

	*ret = (struct finding_change){ .tunable = p->tunable,
					.element = p->rule->element,
					.from = value_unknown("is read when it is changed"),
					.step = value_unknown("the rule sets no bound") };
	if (p->rule->target == NULL)
		code = take_present(p, &ret->from);
	if (code == 0)
		code = check_condition(p);
	if (code == 0 && p->rule->target != NULL)
		code = name_target(p, ret->target);
	if (code != 0)
		return code;
	r = expression_evaluate(p->rule->to, &p->env);
	if (r.value.kind == VALUE_UNKNOWN)
		return excuse_unknown(p, p->rule->to, &r);
	ret->to = r.value;
	code = r.value.kind == VALUE_TEXT ? check_text(p, r.value.text, facts)
					  : check_number(p, r.value.number, ret);
	if (code == 0 && p->rule->step != NULL)
		ret->step = expression_evaluate(p->rule->step, &p->env).value;
	return code == 0 ? write_note(p, &ret->to, facts, &ret->note) : code;
}

/* What an element will hold once the finding's changes are made. */
static struct value planned(const struct finding *f, const struct tunable *t,
			    const struct tunable_value *present, unsigned int element)
{
	for (size_t i = 0; i < f->change_count; i++) {
		if (f->changes[i].tunable == t && f->changes[i].element == element)
			return f->changes[i].to;
	}
	return present->element[element];
}

/* The kernel accepts tcp_rmem with its maximum below its default (measured); we propose no such. */
static bool is_ordered(const struct finding *f, const struct finding_change *c,
		       const struct case_file *file)
{
	const struct tunable *t = c->tunable;
	const struct tunable_value *present;

	if (c->target[0] != '\0')
		return true;
	present = tunable_value_of(file->tunables, t);
	for (unsigned int i = 1; t->ascending && i < t->elements; i++) {
		struct value low = planned(f, t, present, i - 1);
		struct value high = planned(f, t, present, i);

		if (i != c->element && i - 1 != c->element)
			continue;
		if (low.kind == VALUE_NUMBER && high.kind == VALUE_NUMBER &&
		    low.number > high.number)
			return false;
	}
	return true;
}

int finding_propose(struct finding *f, const struct case_file *file, size_t entity,
		    struct bytes *excuse_text)
{
	const struct rule *rule = f->rule;
	struct proposal p;

	f->change_count = 0;
	f->changes = calloc(rule->change_count + 1, sizeof(*f->changes));
	if (f->changes == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < rule->change_count; i++) {
		int r;

		proposal_open(&p, &rule->changes[i], file, rule->scope, entity, excuse_text);
		r = propose(&p, &file->observation->facts, &f->changes[f->change_count]);
		if (r < 0)
			return r;
		if (r == 0)
			f->change_count++;
	}
	for (size_t i = f->change_count; i > 0; i--) {
		if (is_ordered(f, &f->changes[i - 1], file))
			continue;
		p.tunable = f->changes[i - 1].tunable;
		if (excuse(&p, "%s would no longer ascend", p.tunable->name) < 0)
			return -ENOMEM;
		finding_drop_change(f, i - 1);
	}
	return 0;
}
