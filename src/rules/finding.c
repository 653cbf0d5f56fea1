/* A finding about one entity, in words and numbers. */
#include "base/bytes.h"
#include "base/cleanup.h"
#include "rules/candidate.h"
#include "rules/template.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void finding_done(struct finding *f)
{
	for (size_t i = 0; i < f->entity_count; i++) {
		free(f->entities[i].name);
		free(f->entities[i].process);
	}
	free(f->entities);
	free(f->title);
	for (size_t i = 0; i < f->evidence_count; i++)
		free(f->evidence[i].metric);
	free(f->evidence);
	for (size_t i = 0; i < f->change_count; i++)
		free(f->changes[i].note);
	free(f->changes);
	free(f->advice);
	*f = (struct finding){ 0 };
}

void finding_drop_change(struct finding *f, size_t index)
{
	free(f->changes[index].note);
	f->change_count--;
	memmove(&f->changes[index], &f->changes[index + 1],
		(f->change_count - index) * sizeof(f->changes[0]));
}

const char *finding_change_name(const struct finding_change *c, char buf[TARGET_NAME_MAX])
{
	if (c->target[0] != '\0')
		(void)snprintf(buf, TARGET_NAME_MAX, "%s", c->target);
	else if (c->tunable->elements > 1)
		(void)snprintf(buf, TARGET_NAME_MAX, "%s[%u]", c->tunable->name, c->element);
	else
		(void)snprintf(buf, TARGET_NAME_MAX, "%s", c->tunable->name);
	return buf;
}

/* bytes_append() of nothing may leave data NULL; a finding's texts are never. */
static int take_text(struct bytes *b, char **ret)
{
	if (b->data == NULL && bytes_append(b, "", 0) < 0)
		return -ENOMEM;
	*ret = b->data != NULL ? b->data : strdup("");
	*b = (struct bytes){ 0 };
	return *ret == NULL ? -ENOMEM : 0;
}

int finding_add_advice(struct finding *f, const char *paragraph)
{
	CLEANUP(bytes_done) struct bytes text = { 0 };
	const char *before = f->advice != NULL ? f->advice : "";
	char *joined = NULL;
	int r = bytes_printf(&text, "%s%s%s", before, before[0] != '\0' ? "\n" : "", paragraph);

	if (r == 0)
		r = take_text(&text, &joined);
	if (r < 0)
		return r;
	free(f->advice);
	f->advice = joined;
	return 0;
}

static int fill(const struct template *t, const struct expression_environment *env, char **ret)
{
	CLEANUP(bytes_done) struct bytes text = { 0 };
	int r = template_fill(t, env, &text);

	return r < 0 ? r : take_text(&text, ret);
}

static int describe_entity(struct finding *f, const struct observation *o, size_t index)
{
	enum entity_kind kind = f->rule->scope;
	const void *entity = observation_entity(o, kind, index);
	char name[ENTITY_NAME_MAX], buf[64];
	const char *process = "";
	struct finding_entity *e = calloc(1, sizeof(*e));

	if (e == NULL)
		return -ENOMEM;
	f->entities = e;
	f->entity_count = 1;
	if (kind == ENTITY_PATH)
		e->flows = ((const struct path_stats *)entity)->flows;
	else if (kind == ENTITY_LISTENER)
		process = ((const struct listener_stats *)entity)->process;
	else if (kind == ENTITY_UDP_SOCKET)
		process = ((const struct udp_socket_stats *)entity)->process;
	else if (kind == ENTITY_PEER)
		process = ((const struct peer_stats *)entity)->process;
	else if (kind == ENTITY_FLOW)
		process = observation_process(o, ((const struct flow_stats *)entity)->inode, buf,
					      sizeof(buf));
	e->name = strdup(observation_entity_name(o, kind, index, name, sizeof(name)));
	e->process = strdup(process);
	return e->name == NULL || e->process == NULL ? -ENOMEM : 0;
}

static int collect_evidence(struct finding *f, const struct expression_environment *env)
{
	const struct rule *rule = f->rule;

	f->evidence = calloc(rule->evidence_count + 1, sizeof(*f->evidence));
	if (f->evidence == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < rule->evidence_count; i++) {
		const struct expression *x = rule->evidence[i];
		struct finding_evidence *e = &f->evidence[i];

		e->metric = strdup(expression_text(x));
		if (e->metric == NULL)
			return -ENOMEM;
		f->evidence_count++;
		e->unit = expression_unit(x);
		e->value = expression_evaluate(x, env).value;
		e->threshold = expression_threshold(rule->when, e->metric, env);
	}
	return 0;
}

static int give_advice(struct finding *f, const struct expression_environment *env)
{
	int r = finding_add_advice(f, "");

	for (size_t i = 0; i < f->rule->advice_count && r == 0; i++) {
		const struct rule_advice *a = &f->rule->advice[i];
		CLEANUP(free_charp) char *paragraph = NULL;

		if (a->when != NULL && expression_evaluate(a->when, env).truth != TRUTH_TRUE)
			continue;
		r = fill(a->text, env, &paragraph);
		if (r == 0)
			r = finding_add_advice(f, paragraph);
	}
	return r;
}

/* A finding whose changes all fell away says why, lest its reader goes and looks for them. */
static int excuse_changes(struct finding *f, const struct bytes *excuse)
{
	CLEANUP(bytes_done) struct bytes text = { 0 };
	int r;

	if (f->change_count > 0 || excuse->len == 0)
		return 0;
	r = bytes_printf(&text, "No change is proposed: %s.", excuse->data);
	return r < 0 ? r : finding_add_advice(f, text.data);
}

int finding_build(const struct candidate *c, const struct case_file *file, struct finding *ret)
{
	CLEANUP(bytes_done) struct bytes excuse = { 0 };
	struct expression_environment env = case_environment(file, c->rule->scope, c->entity);
	struct finding f = { .rule = c->rule,
			     .subject = entity_kind_name(c->rule->scope),
			     .severity = c->severity };
	int r = describe_entity(&f, file->observation, c->entity);

	if (r == 0)
		r = fill(c->rule->title, &env, &f.title);
	if (r == 0)
		r = collect_evidence(&f, &env);
	if (r == 0)
		r = finding_propose(&f, file, c->entity, &excuse);
	if (r == 0)
		r = give_advice(&f, &env);
	if (r == 0)
		r = excuse_changes(&f, &excuse);
	if (r < 0) {
		finding_done(&f);
		return r;
	}
	*ret = f;
	return 0;
}
