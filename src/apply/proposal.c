#include "apply/proposal.h"

#include "base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct proposal_text {
	char tunable[TARGET_NAME_MAX];
	char value[HELD_TEXT_MAX];
	char why[PLAN_WHY_MAX];
};

bool proposal_chooses(const struct proposal_choice *choice, const struct finding *f)
{
	if (choice->wanted_count == 0 && f->severity < choice->least)
		return false;
	for (size_t i = 0; i < choice->wanted_count; i++) {
		if (strcmp(choice->wanted[i], f->rule->id) == 0 ||
		    strcmp(choice->wanted[i], f->rule->slug) == 0)
			return true;
	}
	return choice->wanted_count == 0;
}

static void fill(const struct finding *f, const struct finding_change *c, struct proposal_text *ret)
{
	const struct tunable *t = c->tunable;

	(void)finding_change_name(c, ret->tunable);
	if (c->to.kind == VALUE_TEXT)
		text_copy_printable(ret->value, sizeof(ret->value), c->to.text, strlen(c->to.text));
	else
		(void)snprintf(ret->value, sizeof(ret->value), "%" PRId64,
			       tunable_to_kernel(t, c->to.number));
	(void)snprintf(ret->why, sizeof(ret->why), "%s %s", f->rule->id, f->rule->slug);
}

static const struct wish *find(const struct proposal *p, const struct finding_change *c)
{
	char name[TARGET_NAME_MAX];

	(void)finding_change_name(c, name);
	for (size_t i = 0; i < p->count; i++) {
		if (strcmp(p->texts[i].tunable, name) == 0)
			return &p->wishes[i];
	}
	return NULL;
}

const struct wish *proposal_find(const struct proposal *p, const struct tunable *t,
				 unsigned int element)
{
	const struct finding_change wanted = { .tunable = t, .element = element };

	return find(p, &wanted);
}

static void add_finding(struct proposal *p, const struct finding *f)
{
	for (size_t i = 0; i < f->change_count; i++) {
		const struct finding_change *c = &f->changes[i];
		struct proposal_text *text = &p->texts[p->count];

		if (c->to.kind == VALUE_UNKNOWN || find(p, c) != NULL)
			continue;
		fill(f, c, text);
		p->wishes[p->count++] = (struct wish){ text->tunable, text->value, text->why,
						       WISH_SET };
	}
}

int proposal_make(const struct diagnosis *d, const struct proposal_choice *choice,
		  struct proposal *ret, struct error *e)
{
	size_t most = 0;

	for (size_t i = 0; i < d->finding_count; i++)
		most += d->findings[i].change_count;
	if (most == 0)
		return 0;
	ret->wishes = calloc(most, sizeof(ret->wishes[0]));
	ret->texts = calloc(most, sizeof(ret->texts[0]));
	if (ret->wishes == NULL || ret->texts == NULL)
		return error_errno(e, -ENOMEM, NULL, "proposal");
	for (size_t i = 0; i < d->finding_count; i++) {
		if (proposal_chooses(choice, &d->findings[i]))
			add_finding(ret, &d->findings[i]);
	}
	return 0;
}

void proposal_done(struct proposal *p)
{
	free(p->wishes);
	free(p->texts);
	*p = (struct proposal){ 0 };
}
