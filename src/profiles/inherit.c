#include "profiles/inherit.h"

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/suggest.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The way from the profile asked for to the one being looked at. */
struct descent {
	const struct profile_library *library;
	const struct profile *chain[PROFILE_INCLUDES_MAX];
	size_t depth;
	struct flat_profile *flat;
	struct error *e;
};

static int fail_include(const struct descent *d, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static int fail_include(const struct descent *d, const char *fmt, ...)
{
	const struct profile *p = d->chain[d->depth - 1];
	char what[320];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	return error_set(d->e, -EINVAL, ERROR_INPUT, NULL, "%s:%u: include: %s", p->file,
			 p->include_line, what);
}

/* "a includes b includes a". */
static int fail_cycle(const struct descent *d, size_t from)
{
	CLEANUP(bytes_done) struct bytes chain = { 0 };
	int r = 0;

	for (size_t i = from; i < d->depth && r == 0; i++)
		r = bytes_printf(&chain, "%s includes ", d->chain[i]->name);
	if (r == 0)
		r = bytes_printf(&chain, "%s", d->chain[from]->name);
	if (r < 0)
		return error_errno(d->e, r, NULL, "profiles");
	return fail_include(d, "leads back: %s; take one of them out", chain.data);
}

static int fail_missing(const struct descent *d, const char *name)
{
	struct suggestion s = suggest_start(name, strlen(name));

	for (size_t i = 0; i < d->library->count; i++)
		suggest_offer(&s, d->library->profiles[i].name);
	if (s.best != NULL)
		return fail_include(d, "no profile is called \"%s\"; did you mean \"%s\"?", name,
				    s.best);
	return fail_include(d, "no profile is called \"%s\"; netwright profile list has them",
			    name);
}

static bool is_done(const struct flat_profile *f, const struct profile *p)
{
	for (size_t i = 0; i < f->order_count; i++) {
		if (f->order[i] == p)
			return true;
	}
	return false;
}

static int descend(struct descent *d, const struct profile *p);

static int include_all(struct descent *d, const struct profile *p)
{
	int r = 0;

	for (size_t i = 0; i < p->include_count && r == 0; i++) {
		const struct profile *next = profile_library_find(d->library, p->includes[i]);

		if (next == NULL)
			return fail_missing(d, p->includes[i]);
		for (size_t k = 0; k < d->depth; k++) {
			if (d->chain[k] == next)
				return fail_cycle(d, k);
		}
		if (!is_done(d->flat, next))
			r = descend(d, next);
	}
	return r;
}

/* As deep as there are profiles, and no deeper than the chain is long. */
static int descend(struct descent *d, const struct profile *p)
{
	int r;

	if (d->depth == PROFILE_INCLUDES_MAX)
		return fail_include(d, "of \"%s\" is more than %d levels deep", p->name,
				    PROFILE_INCLUDES_MAX);
	d->chain[d->depth++] = p;
	r = include_all(d, p);
	d->depth--;
	if (r == 0)
		d->flat->order[d->flat->order_count++] = p;
	return r;
}

/* --- merging ------------------------------------------------------------------------------------
 */

static bool is_input(const struct flat_input *in, const char *name)
{
	return in->input != NULL && strcmp(in->input->name, name) == 0;
}

static int merge_input(struct flat_profile *f, const struct profile *p,
		       const struct profile_input *input, struct error *e)
{
	size_t i = 0;

	while (i < f->input_count && !is_input(&f->inputs[i], input->name))
		i++;
	if (i == PROFILE_INPUTS_MAX)
		return error_set(e, -EINVAL, ERROR_INPUT, NULL,
				 "%s:%u: %s: there are more than %d inputs, those of the included "
				 "profiles counted",
				 p->file, input->line, input->name, PROFILE_INPUTS_MAX);
	f->inputs[i] = (struct flat_input){ .input = input, .origin = p };
	if (i == f->input_count)
		f->input_count++;
	return 0;
}

static void drop_setting(struct flat_profile *f, size_t index)
{
	f->setting_count--;
	memmove(&f->settings[index], &f->settings[index + 1],
		(f->setting_count - index) * sizeof(f->settings[0]));
}

/* What sets a whole vector takes the place of elements; an element of a vector that was set whole
 * would leave open what the others are to be. */
static int merge_setting(struct flat_profile *f, const struct profile *p,
			 const struct profile_setting *s, struct error *e)
{
	for (size_t i = f->setting_count; i > 0; i--) {
		const struct flat_setting *other = &f->settings[i - 1];

		if (other->setting == NULL || strcmp(other->setting->name, s->name) != 0)
			continue;
		if (s->element >= 0 && other->setting->element < 0)
			return error_set(e, -EINVAL, ERROR_INPUT, NULL,
					 "%s:%u: %s[%d]: is one element of what %s:%u sets whole; "
					 "set all of it here too",
					 p->file, s->line, s->name, s->element, other->origin->file,
					 other->setting->line);
		if (s->element < 0 || s->element == other->setting->element)
			drop_setting(f, i - 1);
	}
	f->settings[f->setting_count++] = (struct flat_setting){ .setting = s, .origin = p };
	return 0;
}

static int merge(struct flat_profile *f, struct error *e)
{
	size_t settings = 0;
	int r = 0;

	for (size_t i = 0; i < f->order_count; i++)
		settings += f->order[i]->setting_count;
	f->inputs = calloc(PROFILE_INPUTS_MAX, sizeof(*f->inputs));
	f->settings = calloc(settings + 1, sizeof(*f->settings));
	if (f->inputs == NULL || f->settings == NULL)
		return error_errno(e, -ENOMEM, f->profile->file, "reading profiles");
	for (size_t i = 0; i < f->order_count && r == 0; i++) {
		const struct profile *p = f->order[i];

		for (size_t k = 0; k < p->input_count && r == 0; k++)
			r = merge_input(f, p, &p->inputs[k], e);
		for (size_t k = 0; k < p->setting_count && r == 0; k++)
			r = merge_setting(f, p, &p->settings[k], e);
	}
	return r;
}

int profile_flatten(const struct profile_library *library, const struct profile *profile,
		    struct flat_profile *ret, struct error *e)
{
	struct descent d = { .library = library, .flat = ret, .e = e };
	int r;

	ret->profile = profile;
	/* One more: a profile that is being checked need not be in the library. */
	ret->order = calloc(library->count + 1, sizeof(const struct profile *));
	if (ret->order == NULL)
		return error_errno(e, -ENOMEM, profile->file, "reading profiles");
	r = descend(&d, profile);
	if (r == 0)
		r = merge(ret, e);
	return r < 0 ? r : flat_profile_compile(ret, e);
}

bool flat_profile_watches_first(const struct flat_profile *f, size_t i, size_t k)
{
	const char *id = f->order[i]->watch[k];

	for (size_t before = 0; before <= i; before++) {
		const struct profile *p = f->order[before];

		for (size_t n = 0; n < (before < i ? p->watch_count : k); n++) {
			if (strcmp(p->watch[n], id) == 0)
				return false;
		}
	}
	return true;
}

void flat_profile_done(struct flat_profile *f)
{
	for (size_t i = 0; i < f->input_count; i++)
		expression_free(f->inputs[i].formula);
	for (size_t i = 0; i < f->setting_count; i++) {
		expression_free(f->settings[i].value);
		expression_free(f->settings[i].when);
	}
	free(f->order);
	free(f->inputs);
	free(f->variables);
	free(f->settings);
	*f = (struct flat_profile){ 0 };
}
