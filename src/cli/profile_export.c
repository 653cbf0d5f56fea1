/* netwright profile export and value: for TuneD. */
#include "base/cleanup.h"
#include "cli/profile_exchange.h"
#include "cli/profile_view.h"
#include "profiles/tuned_export.h"

#include <errno.h>
#include <string.h>

static void report_obstacles(const struct flat_profile *f)
{
	char name[TARGET_NAME_MAX + 8];

	for (size_t i = 0; i < f->setting_count; i++) {
		const struct profile_setting *s = f->settings[i].setting;
		const char *why = tuned_export_obstacle(f, i);

		if (why != NULL)
			(void)fprintf(stderr, "not expressed: %s:%u: %s: %s\n",
				      f->settings[i].origin->file, s->line,
				      profile_setting_name(s, name, sizeof(name)), why);
	}
}

int profile_export(const struct settings *s, const char *const *operands, size_t count, FILE *out,
		   struct error *e)
{
	CLEANUP(profile_library_done) struct profile_library library = { 0 };
	CLEANUP(flat_profile_done) struct flat_profile flat = { 0 };
	CLEANUP(bytes_done) struct bytes text = { 0 };
	const struct profile *profile = NULL;
	int r = profile_view_load(s, &library, e);

	(void)count;
	if (r == 0)
		r = profile_library_get(&library, operands[0], &profile, e);
	if (r == 0)
		r = profile_flatten(&library, profile, &flat, e);
	if (r < 0)
		return r;
	if (tuned_export(&flat, &text) < 0)
		return error_errno(e, -ENOMEM, NULL, "printing the profile");
	report_obstacles(&flat);
	(void)fwrite(text.data, 1, text.len, out);
	return 0;
}

/* What it holds now, whole. */
static int read_present(const struct profile_scene *scene, const char *name,
			char ret[TUNABLE_TEXT_MAX], struct error *e)
{
	const struct tunable *t = tunable_find(name);
	const struct tunable_value *v;

	if (t == NULL || tunable_is_pattern(t))
		return error_set(e, -EINVAL, ERROR_INPUT, name,
				 "has to be one sysctl of the catalogue, without an element");
	v = tunable_value_of(&scene->tunables, t);
	if (v == NULL || !v->exists)
		return error_set(e, -EOPNOTSUPP, ERROR_UNSUPPORTED, name,
				 "this kernel has no such key");
	if (v->reason[0] != '\0')
		return error_set(e, -ENODATA, ERROR_FAILED, name, "cannot be read: %s", v->reason);
	(void)snprintf(ret, TUNABLE_TEXT_MAX, "%s", v->text);
	return 0;
}

int profile_value(const struct settings *s, const char *const *operands, size_t count, FILE *out,
		  struct error *e)
{
	CLEANUP(profile_library_done) struct profile_library library = { 0 };
	CLEANUP(profile_scene_done) struct profile_scene scene = { 0 };
	CLEANUP(profile_view_done) struct profile_view view = { 0 };
	char present[TUNABLE_TEXT_MAX];
	struct tunable_setting value;
	int r = profile_view_load(s, &library, e);

	(void)count;
	if (r == 0)
		r = profile_scene_open(s, &scene, e);
	if (r == 0)
		r = profile_view_open(s, &library, operands[0], &scene, &view, e);
	if (r == 0)
		r = read_present(&scene, operands[1], present, e);
	if (r == 0)
		r = tuned_export_value(&view.resolved, operands[1], present, &value, e);
	if (r < 0)
		return r;
	(void)fprintf(out, "%s\n", value.text);
	return 0;
}
