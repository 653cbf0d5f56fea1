#include "profiles/tuned_export.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "base/unit.h"
#include "tunables/kind.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COMMENT_WIDTH 98

/* --- what TuneD cannot say ----------------------------------------------------------------------
 */

/* The oldest kernel beside which the TuneD that this is made for (2.20) is packaged: RHEL 8's. */
#define OLDEST_MAJOR 4
#define OLDEST_MINOR 18

static const struct {
	const char *prefix, *why;
} absent[] = {
	{ "net.netfilter.", "exists once the nf_conntrack module is loaded" },
	{ "net.nf_conntrack_", "exists once the nf_conntrack module is loaded" },
	{ "net.bridge.", "exists once the br_netfilter module is loaded" },
	{ "net.mptcp.", "exists where the kernel has MPTCP" },
};

static bool is_newer(const struct tunable *t)
{
	long major, minor = 0;
	char *end;

	if (t->since == NULL)
		return false;
	major = strtol(t->since, &end, 10);
	if (*end == '.')
		minor = strtol(end + 1, NULL, 10);
	return major > OLDEST_MAJOR || (major == OLDEST_MAJOR && minor > OLDEST_MINOR);
}

static bool is_sysctl(const struct profile_setting *s)
{
	return kind_of_target(s->name)->prefix[0] == '\0';
}

const char *tuned_export_obstacle(const struct flat_profile *f, size_t i)
{
	const struct profile_setting *s = f->settings[i].setting;

	if (!is_sysctl(s))
		return "TuneD has no plugin for it";
	/* TuneD 2.20 takes the / for a separator, later ones for a dot. */
	if (strchr(s->name, '/') != NULL)
		return "TuneD's versions disagree on names with a dot in an interface's";
	for (size_t k = 0; k < ARRAY_LEN(absent); k++) {
		if (strncmp(s->name, absent[k].prefix, strlen(absent[k].prefix)) == 0)
			return absent[k].why;
	}
	return is_newer(s->tunable)
		       ? "does not exist in older kernels, where TuneD would report an "
			 "error"
		       : NULL;
}

/* --- values -------------------------------------------------------------------------------------
 */

static bool is_choice(const struct tunable *t)
{
	return t->type == TUNABLE_TOKEN || t->type == TUNABLE_TOKENS;
}

/* The kernel's own number, of a formula that is one number with its unit. */
static bool constant_number(const struct tunable *t, const char *formula, int64_t *ret)
{
	struct dimension dim;
	double value;
	size_t used;

	if (t->rounding != TUNABLE_ROUND_NONE ||
	    unit_parse(formula, strlen(formula), &value, &dim, &used) < 0 || formula[used] != '\0')
		return false;
	*ret = tunable_to_kernel(t, value);
	return true;
}

static size_t count_of_name(const struct flat_profile *f, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < f->setting_count; i++)
		n += strcmp(f->settings[i].setting->name, name) == 0 ? 1 : 0;
	return n;
}

/* "=4096", "=>4096": true when the setting means the same on every host. */
static bool format_constant(const struct flat_profile *f, const struct flat_setting *s, char *buf,
			    size_t len)
{
	static const char *const operators[] = {
		[PROFILE_SET] = "=",
		[PROFILE_RAISE] = "=>",
		[PROFILE_LOWER] = "=<",
	};
	const struct profile_setting *setting = s->setting;
	int64_t number;

	if (setting->when != NULL || setting->element >= 0 || is_choice(setting->tunable) ||
	    count_of_name(f, setting->name) > 1)
		return false;
	if (s->value == NULL) {
		(void)snprintf(buf, len, "=%s", setting->value);
		return true;
	}
	if (!constant_number(setting->tunable, setting->value, &number))
		return false;
	(void)snprintf(buf, len, "%s%" PRId64, operators[setting->mode], number);
	return true;
}

static bool input_is_constant(const struct profile_input *in)
{
	struct dimension dim;
	double value;
	size_t used;

	return unit_parse(in->formula, strlen(in->formula), &value, &dim, &used) == 0 &&
	       in->formula[used] == '\0';
}

/* Asks the helper, with every input that the profile has. */
static int print_call(struct bytes *out, const struct flat_profile *f, const char *name)
{
	int r = bytes_printf(out, "%s=${f:exec:${i:PROFILE_DIR}/value:%s:%s", name,
			     f->profile->name, name);

	for (size_t i = 0; i < f->input_count && r == 0; i++) {
		const char *input = f->inputs[i].input->name;

		r = bytes_printf(out, ":%s=${%s}", input, input);
	}
	return r == 0 ? bytes_printf(out, "}\n") : r;
}

/* --- the file -----------------------------------------------------------------------------------
 */

/* Words, broken into lines of comments. */
static int print_comment(struct bytes *out, const char *first, const char *text)
{
	struct text_span rest = { text, strlen(text) }, word;
	size_t column = strlen(first);
	int r = bytes_printf(out, "#%s", first);

	while (r == 0 && text_next_word(&rest, &word)) {
		if (column + word.len + 2 > COMMENT_WIDTH) {
			r = bytes_printf(out, "\n#  ");
			column = 3;
		}
		if (r == 0)
			r = bytes_printf(out, " %.*s", (int)word.len, word.at);
		column += word.len + 1;
	}
	return r == 0 ? bytes_printf(out, "\n") : r;
}

/* The formula stands there only where the value does not say it. */
static int print_reason(struct bytes *out, const struct profile_setting *s, bool constant)
{
	CLEANUP(bytes_done) struct bytes text = { 0 };
	char name[TARGET_NAME_MAX + 8];
	int r = 0;

	if (!constant)
		r = bytes_printf(&text, "%s %s %s%s%s. ",
				 profile_setting_name(s, name, sizeof(name)),
				 profile_mode_name(s->mode), s->value,
				 s->when != NULL ? " when " : "", s->when != NULL ? s->when : "");
	if (r == 0)
		r = bytes_printf(&text, "%s (%s)", s->why, s->source);
	return r == 0 ? print_comment(out, "", text.data) : r;
}

static bool named_before(const struct flat_profile *f, size_t i)
{
	for (size_t k = 0; k < i; k++) {
		if (strcmp(f->settings[k].setting->name, f->settings[i].setting->name) == 0)
			return true;
	}
	return false;
}

/* All that the profile says of one sysctl, where it first comes. */
static int print_sysctl(struct bytes *out, const struct flat_profile *f, size_t i)
{
	const char *name = f->settings[i].setting->name;
	char value[TUNABLE_TEXT_MAX];
	bool constant = format_constant(f, &f->settings[i], value, sizeof(value));
	int r = 0;

	for (size_t k = i; k < f->setting_count && r == 0; k++) {
		if (strcmp(f->settings[k].setting->name, name) == 0)
			r = print_reason(out, f->settings[k].setting, constant);
	}
	if (r == 0)
		r = constant ? bytes_printf(out, "%s%s\n", name, value) : print_call(out, f, name);
	return r;
}

static int print_sysctls(struct bytes *out, const struct flat_profile *f)
{
	int r = bytes_printf(out, "\n[sysctl]\n");

	for (size_t i = 0; i < f->setting_count && r == 0; i++) {
		if (!named_before(f, i) && tuned_export_obstacle(f, i) == NULL)
			r = print_sysctl(out, f, i);
	}
	return r;
}

static int print_variables(struct bytes *out, const struct flat_profile *f)
{
	int r = f->input_count > 0 ? bytes_printf(out, "\n[variables]\n") : 0;

	for (size_t i = 0; i < f->input_count && r == 0; i++) {
		const struct profile_input *in = f->inputs[i].input;

		if (in->help != NULL)
			r = print_comment(out, "", in->help);
		if (r == 0 && input_is_constant(in))
			r = bytes_printf(out, "%s=%s\n", in->name, in->formula);
		else if (r == 0)
			r = bytes_printf(out, "# default: %s\n%s=default\n", in->formula, in->name);
	}
	return r;
}

static int print_obstacles(struct bytes *out, const struct flat_profile *f)
{
	int r = 0;
	bool any = false;

	for (size_t i = 0; i < f->setting_count && r == 0; i++) {
		const struct profile_setting *s = f->settings[i].setting;
		const char *why = tuned_export_obstacle(f, i);
		char name[TARGET_NAME_MAX + 8], line[1024];

		if (why == NULL)
			continue;
		if (!any)
			r = bytes_printf(out, "#\n# Not expressed here, and set by netwright apply "
					      "alone:\n");
		any = true;
		(void)snprintf(line, sizeof(line), "%s %s %s%s%s: %s",
			       profile_setting_name(s, name, sizeof(name)),
			       profile_mode_name(s->mode), s->value,
			       s->when != NULL ? " when " : "", s->when != NULL ? s->when : "",
			       why);
		if (r == 0)
			r = print_comment(out, " ", line);
	}
	return r;
}

int tuned_export(const struct flat_profile *f, struct bytes *out)
{
	const char *name = f->profile->name;
	int r = bytes_printf(
		out,
		"# Made from netwright's profile %s by netwright profile export. Do not "
		"edit it: write a\n# profile of your own that says include=netwright-%s "
		"and what differs. The program `value`,\n# which those that come with "
		"netwright have beside them, has to be beside it.\n",
		name, name);

	if (r == 0)
		r = print_obstacles(out, f);
	if (r == 0)
		r = bytes_printf(out, "\n[main]\nsummary=%s\n", f->profile->summary);
	if (r == 0)
		r = print_variables(out, f);
	return r == 0 ? print_sysctls(out, f) : r;
}

/* --- for the helper -----------------------------------------------------------------------------
 */

static int take(const struct resolved_setting *s, struct tunable_setting *ret, struct error *e)
{
	const struct profile_setting *setting = s->flat->setting;
	struct tunable_setting next;
	int r;

	if (s->state != RESOLVED_DIFFERS)
		return 0;
	r = setting->element < 0
		    ? tunable_parse(setting->tunable, s->value, &next, e)
		    : tunable_parse_element(setting->tunable, (unsigned int)setting->element,
					    ret->text, s->value, &next, e);
	if (r == 0)
		*ret = next;
	return r;
}

int tuned_export_value(const struct resolved_profile *r, const char *name, const char *present,
		       struct tunable_setting *ret, struct error *e)
{
	struct tunable_setting value;
	bool found = false;
	int code = 0;

	(void)snprintf(value.text, sizeof(value.text), "%s", present);
	for (size_t i = 0; i < r->flat->setting_count && code == 0; i++) {
		if (strcmp(r->settings[i].flat->setting->name, name) != 0)
			continue;
		found = true;
		code = take(&r->settings[i], &value, e);
	}
	if (code == 0 && !found)
		return error_set(e, -ENOENT, ERROR_INPUT, name,
				 "the profile %s does not set it; netwright profile show %s lists "
				 "what it sets",
				 r->flat->profile->name, r->flat->profile->name);
	if (code == 0)
		*ret = value;
	return code;
}
