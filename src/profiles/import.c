#include "profiles/import.h"

#include "base/array.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "tunables/kind.h"
#include "tunables/link.h"
#include "tunables/sysctl_file.h"
#include "tunables/tunable_setting.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int add_note(struct import_note **notes, size_t *count, size_t *capacity,
		    struct import_origin origin, const char *what, const char *why)
{
	struct import_note *grown = array_grow(*notes, *count, capacity, sizeof(**notes));
	struct import_note n = { .origin = origin };

	if (grown == NULL)
		return -ENOMEM;
	*notes = grown;
	n.what = strdup(what);
	n.why = strdup(why);
	if (n.what == NULL || n.why == NULL) {
		free(n.what);
		free(n.why);
		return -ENOMEM;
	}
	(*notes)[(*count)++] = n;
	return 0;
}

int import_leave_out(struct import *im, struct import_origin origin, const char *shown,
		     const char *why)
{
	return add_note(&im->left_out, &im->left_out_count, &im->left_out_capacity, origin, shown,
			why);
}

int import_remark(struct import *im, struct import_origin origin, const char *what, const char *why)
{
	return add_note(&im->remarks, &im->remark_count, &im->remark_capacity, origin, what, why);
}

int import_origin_print(struct import_origin o, struct bytes *ret)
{
	return o.line > 0 ? bytes_printf(ret, "%s:%u", o.file, o.line)
			  : bytes_printf(ret, "%s", o.file);
}

static void setting_done(struct imported_setting *s)
{
	free(s->name);
	free(s->value);
}

/* "FILE:LINE sets it again": of the line that wins. */
int import_leave_out_overridden(struct import *im, struct import_origin origin, const char *shown,
				struct import_origin later)
{
	CLEANUP(bytes_done) struct bytes why = { 0 };

	if (import_origin_print(later, &why) < 0 || bytes_printf(&why, " sets it again") < 0)
		return -ENOMEM;
	return import_leave_out(im, origin, shown, why.data);
}

/* The later line wins; the earlier one is listed. */
static int replace_earlier(struct import *im, const struct imported_setting *later)
{
	char what[TUNABLE_TEXT_MAX + TARGET_NAME_MAX + 8];

	for (size_t i = 0; i < im->count; i++) {
		struct imported_setting *s = &im->settings[i];
		int r;

		if (strcmp(s->name, later->name) != 0)
			continue;
		(void)snprintf(what, sizeof(what), "%s=%s", s->name, s->value);
		r = import_leave_out_overridden(im, s->origin, what, later->origin);
		if (r < 0)
			return r;
		setting_done(s);
		memmove(s, s + 1, (im->count - i - 1) * sizeof(*s));
		im->count--;
		break;
	}
	return 0;
}

static int add_setting(struct import *im, const char *shown, struct imported_setting s)
{
	struct imported_setting *grown;

	if (im->count == IMPORT_SETTINGS_MAX) {
		setting_done(&s);
		return import_leave_out(im, s.origin, shown,
					"is one setting too many for a profile");
	}
	grown = array_grow(im->settings, im->count, &im->capacity, sizeof(*im->settings));
	if (grown != NULL)
		im->settings = grown;
	if (grown == NULL || s.name == NULL || s.value == NULL || replace_earlier(im, &s) < 0) {
		setting_done(&s);
		return -ENOMEM;
	}
	im->settings[im->count++] = s;
	return 0;
}

/* Formulas calculate in double: above 2^53 not every integer is one. */
static bool is_exact(const struct tunable *t, const char *text)
{
	static const int64_t most = (int64_t)1 << 53;
	int64_t number;

	if (t->elements > 1 || t->unit == UNIT_TEXT)
		return true;
	return text_parse_i64(text, strlen(text), &number) == 0 && number <= most &&
	       number >= -most;
}

int import_add_sysctl(struct import *im, struct import_origin origin, const char *shown,
		      const char *key, enum import_mode mode, const char *value)
{
	char name[SYSCTL_KEY_MAX];
	struct tunable_setting parsed;
	const struct tunable *t;
	struct tunable called;
	struct error why = { 0 };

	if (sysctl_key_normalise(key, strlen(key), name) < 0)
		return import_leave_out(im, origin, shown, "is not the name of a sysctl");
	t = strlen(name) < TUNABLE_NAME_MAX ? tunable_find(name) : NULL;
	if (t == NULL)
		return import_leave_out(im, origin, shown,
					"is not in netwright's catalogue, netwright-tunables(7), "
					"which is all that profiles may name");
	if (strchr(name, '*') != NULL)
		return import_leave_out(im, origin, shown,
					"stands for several; name one, or all or default");
	if (mode != IMPORT_SET && (t->elements > 1 || t->unit == UNIT_TEXT))
		return import_leave_out(im, origin, shown,
					"TuneD compares single numbers only, and would write this "
					"with the > or <, which the kernel refuses; netwright's "
					"raise_to can do it for each number, name[2]");
	called = tunable_called(t, name);
	if (tunable_parse(&called, value, &parsed, &why) < 0)
		return import_leave_out(im, origin, shown, why.text);
	if (!is_exact(t, parsed.text))
		return import_leave_out(
			im, origin, shown,
			"is a larger number than formulas hold exactly; that large, "
			"it means no limit");
	return add_setting(im, shown,
			   (struct imported_setting){ .name = strdup(name),
						      .tunable = t,
						      .mode = mode,
						      .value = strdup(parsed.text),
						      .origin = origin });
}

/* dev_valid_name() of net/core/dev.c takes more; names like that nobody writes. */
static bool is_device(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && len <= TUNABLE_INTERFACE_MAX && strpbrk(name, "/:*?[ ") == NULL &&
	       strspn(name, ".") != len;
}

int import_add_link(struct import *im, struct import_origin origin, const char *shown,
		    const char *device, const char *key, const char *value)
{
	char name[TARGET_NAME_MAX];
	struct tunable_setting parsed;
	const struct tunable *t;
	struct tunable called;
	struct error why = { 0 };

	if (!is_device(device))
		return import_leave_out(im, origin, shown,
					"is for a device whose name no device can have");
	(void)snprintf(name, sizeof(name), LINK_PREFIX "%s/%s", device, key);
	t = kind_row_find(name);
	if (t == NULL)
		return import_leave_out(im, origin, shown,
					"is a setting of devices for which netwright has no "
					"tunable");
	called = tunable_called(t, name);
	if (tunable_parse(&called, value, &parsed, &why) < 0)
		return import_leave_out(im, origin, shown, why.text);
	return add_setting(im, shown,
			   (struct imported_setting){ .name = strdup(name),
						      .tunable = t,
						      .mode = IMPORT_SET,
						      .value = strdup(parsed.text),
						      .origin = origin });
}

void import_done(struct import *im)
{
	for (size_t i = 0; i < im->count; i++)
		setting_done(&im->settings[i]);
	for (size_t i = 0; i < im->left_out_count; i++) {
		free(im->left_out[i].what);
		free(im->left_out[i].why);
	}
	for (size_t i = 0; i < im->remark_count; i++) {
		free(im->remarks[i].what);
		free(im->remarks[i].why);
	}
	free(im->settings);
	free(im->left_out);
	free(im->remarks);
	free(im->name);
	free(im->summary);
	*im = (struct import){ 0 };
}
