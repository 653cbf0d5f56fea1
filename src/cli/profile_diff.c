/* netwright profile diff: of one name what profile verify says, of two what they come to here. */
#include "base/cleanup.h"
#include "cli/document.h"
#include "cli/exit_status.h"
#include "cli/print.h"
#include "cli/profile_action.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DIFF_SCHEMA "netwright.profile-diff/1"

/* A tunable of which two profiles make different things; NULL: one does not have it. */
struct difference {
	const struct profile_setting *setting; /* whichever there is */
	const struct resolved_setting *a, *b;
};

struct difference_list {
	struct difference *all; /* owned */
	size_t count;
};

static const struct resolved_setting *counterpart(const struct resolved_profile *p,
						  const struct resolved_setting *of)
{
	for (size_t i = 0; i < p->flat->setting_count; i++) {
		const struct profile_setting *a = p->settings[i].flat->setting;
		const struct profile_setting *b = of->flat->setting;

		if (strcmp(a->name, b->name) == 0 && a->element == b->element)
			return &p->settings[i];
	}
	return NULL;
}

/* What is left out is left out, whatever it would have been. */
static bool come_to_the_same(const struct resolved_setting *a, const struct resolved_setting *b)
{
	if (a->state == RESOLVED_LEFT_OUT || b->state == RESOLVED_LEFT_OUT)
		return a->state == b->state;
	return a->flat->setting->mode == b->flat->setting->mode && strcmp(a->value, b->value) == 0;
}

/* In the order of `a`, and then of what `b` alone has. */
static int compare(const struct resolved_profile *a, const struct resolved_profile *b,
		   struct difference_list *ret, struct error *e)
{
	size_t most = a->flat->setting_count + b->flat->setting_count;

	ret->all = calloc(most + 1, sizeof(*ret->all));
	if (ret->all == NULL)
		return error_errno(e, -ENOMEM, NULL, "comparing profiles");
	for (size_t i = 0; i < a->flat->setting_count; i++) {
		const struct resolved_setting *one = &a->settings[i], *other = counterpart(b, one);

		if (other == NULL || !come_to_the_same(one, other))
			ret->all[ret->count++] = (struct difference){ one->flat->setting, one,
								      other };
	}
	for (size_t i = 0; i < b->flat->setting_count; i++) {
		const struct resolved_setting *one = &b->settings[i];

		if (counterpart(a, one) == NULL)
			ret->all[ret->count++] = (struct difference){ one->flat->setting, NULL,
								      one };
	}
	return 0;
}

/* "raise_to 67108864", "left out", "-". */
static void print_side(FILE *out, const struct resolved_setting *s)
{
	if (s == NULL)
		(void)fputs("-", out);
	else if (s->state == RESOLVED_LEFT_OUT)
		(void)fputs("left out", out);
	else {
		(void)fprintf(out, "%s ", profile_mode_name(s->flat->setting->mode));
		print_tamed(out, s->value, strlen(s->value));
	}
}

static void print_text(const struct difference_list *l, const char *const *names, FILE *out)
{
	char name[TARGET_NAME_MAX + 8];

	for (size_t i = 0; i < l->count; i++) {
		(void)fprintf(out, "%s  ",
			      profile_setting_name(l->all[i].setting, name, sizeof(name)));
		print_side(out, l->all[i].a);
		(void)fputs(" | ", out);
		print_side(out, l->all[i].b);
		(void)fputc('\n', out);
	}
	if (l->count == 0)
		(void)fprintf(out, "%s and %s come to the same here.\n", names[0], names[1]);
}

/* null: the profile does not have it. */
static json_t *side_object(struct document *d, const struct resolved_setting *s)
{
	json_t *object;
	bool left_out;

	if (s == NULL)
		return json_null();
	object = json_object();
	left_out = s->state == RESOLVED_LEFT_OUT;
	document_set(d, object, "mode", document_text(profile_mode_name(s->flat->setting->mode)));
	document_set(d, object, "value", document_text(left_out ? NULL : s->value));
	document_set(d, object, "reason", document_text(left_out ? s->reason : NULL));
	return object;
}

static int print_json(const struct difference_list *l, const char *const *names, FILE *out,
		      struct error *e)
{
	json_t *profiles = json_array(), *differences = json_array();
	char name[TARGET_NAME_MAX + 8];
	struct document d;
	int r;

	document_init(&d, DIFF_SCHEMA);
	for (size_t i = 0; i < 2; i++)
		document_append(&d, profiles, document_text(names[i]));
	for (size_t i = 0; i < l->count; i++) {
		json_t *object = json_object();

		document_set(
			&d, object, "tunable",
			document_text(profile_setting_name(l->all[i].setting, name, sizeof(name))));
		document_set(&d, object, "first", side_object(&d, l->all[i].a));
		document_set(&d, object, "second", side_object(&d, l->all[i].b));
		document_append(&d, differences, object);
	}
	document_set(&d, d.root, "profiles", profiles);
	document_set(&d, d.root, "differences", differences);
	r = document_print(&d, out, e);
	document_done(&d);
	return r;
}

static int print_differences(const struct settings *s, const struct profile_view *a,
			     const struct profile_view *b, const char *const *names, FILE *out,
			     struct error *e)
{
	struct difference_list list = { 0 };
	int r = compare(&a->resolved, &b->resolved, &list, e);

	if (r == 0 && s->json)
		r = print_json(&list, names, out, e);
	else if (r == 0)
		print_text(&list, names, out);
	free(list.all);
	if (r < 0)
		return r;
	return list.count > 0 ? EXIT_STATUS_FINDINGS : EXIT_STATUS_OK;
}

int profile_diff(const struct settings *s, const char *const *operands, size_t count, FILE *out,
		 struct error *e)
{
	CLEANUP(profile_library_done) struct profile_library library = { 0 };
	CLEANUP(profile_scene_done) struct profile_scene scene = { 0 };
	CLEANUP(profile_view_done) struct profile_view a = { 0 }, b = { 0 };
	int r;

	if (count == 1)
		return profile_verify(s, operands, count, out, e);
	r = profile_view_load(s, &library, e);
	if (r == 0)
		r = profile_scene_open(s, &scene, e);
	if (r == 0)
		r = profile_view_open(s, &library, operands[0], &scene, &a, e);
	if (r == 0)
		r = profile_view_open(s, &library, operands[1], &scene, &b, e);
	if (r == 0)
		r = print_differences(s, &a, &b, operands, out, e);
	return r;
}
