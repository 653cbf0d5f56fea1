#include "cli/explain_profile.h"

#include "base/bytes.h"
#include "tunables/kind.h"

static void line(const struct explain_writer *w, const char *label, const char *text)
{
	if (text != NULL && text[0] != '\0')
		w->line(w->arg, label, text);
}

static void texts(const struct explain_writer *w, const char *label, char *const *all, size_t n)
{
	struct bytes b = { 0 };

	for (size_t i = 0; i < n; i++)
		(void)bytes_printf(&b, "%s%s", i > 0 ? ", " : "", all[i]);
	line(w, label, b.data);
	bytes_done(&b);
}

static void explain_setting(const struct explain_writer *w, const struct profile_setting *s)
{
	static const char *const arrows[PROFILE_MODES] = {
		[PROFILE_SET] = "is set to",
		[PROFILE_RAISE] = "is at least",
		[PROFILE_LOWER] = "is at most",
	};
	char name[TARGET_NAME_MAX + 16];
	struct bytes b = { 0 };

	(void)bytes_printf(&b, "%s %s %s", profile_setting_name(s, name, sizeof(name)),
			   arrows[s->mode], s->value);
	if (s->when != NULL)
		(void)bytes_printf(&b, ", when %s", s->when);
	(void)bytes_printf(&b, ". %s (%s)", s->why, s->source);
	line(w, "setting", b.data);
	bytes_done(&b);
}

void explain_profile(const struct explain_writer *w, const struct profile *p)
{
	struct bytes b = { 0 };

	(void)bytes_printf(&b, "%s (a profile)", p->name);
	if (b.data != NULL)
		w->heading(w->arg, b.data);
	bytes_done(&b);
	line(w, "for", p->summary);
	texts(w, "includes", p->includes, p->include_count);
	for (size_t i = 0; i < p->input_count; i++) {
		const struct profile_input *in = &p->inputs[i];

		(void)bytes_printf(&b, "%s, by default %s%s%s", in->name, in->formula,
				   in->help != NULL ? ". " : "", in->help != NULL ? in->help : "");
		line(w, "input", b.data);
		bytes_done(&b);
	}
	for (size_t i = 0; i < p->setting_count; i++)
		explain_setting(w, &p->settings[i]);
	texts(w, "watched by", p->watch, p->watch_count);
	for (size_t i = 0; i < p->advice_count; i++)
		line(w, "advice", p->advice[i]);
}
