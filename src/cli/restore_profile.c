#include "apply/boot_profile.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "cli/profile_apply.h"
#include "cli/restore.h"
#include "cli/unread_files.h"

#include <errno.h>

/* What the profile leaves to others. */
struct deference {
	const struct boot_profile *profile;
	const struct boot_others *others;
};

static bool leave(const void *arg, const char *tunable, char *reason, size_t len)
{
	const struct deference *d = arg;

	return boot_others_set(d->others, d->profile, tunable, reason, len);
}

/* What would stop the rest as well: a missing right, or the lock. */
static bool is_general(const struct error *why)
{
	return why->kind == ERROR_PRIVILEGE || why->kind == ERROR_BUSY || why->code == -ENOMEM;
}

/* What concerns the profile alone is told, and the rest restored. */
static int tell(struct restoring *g, const struct boot_profile *p, const struct error *why,
		struct error *e)
{
	struct bytes b = { 0 };

	if (is_general(why)) {
		*e = *why;
		return why->code;
	}
	if (bytes_printf(&b, "not restored (restore %s): profile %s: %s", p->file, p->name,
			 why->text) >= 0)
		restoring_tell(g, b.data);
	bytes_done(&b);
	return 0;
}

static int apply(struct restoring *g, const struct boot_profile *p,
		 const struct boot_others *others, FILE *out, struct error *e)
{
	const struct deference deference = { p, others };
	struct settings settings = *g->settings;
	struct error why = { 0 };
	int r;

	settings.inputs.count = p->input_count;
	for (size_t i = 0; i < p->input_count; i++)
		settings.inputs.texts[i] = p->inputs[i];
	r = profile_apply(
		&(struct profile_application){
			.settings = &settings,
			.name = p->name,
			.leave = leave,
			.arg = &deference,
		},
		out, &why);
	return r < 0 ? tell(g, p, &why, e) : 0;
}

int restore_profile(struct restoring *g, FILE *out, struct error *e)
{
	CLEANUP(boot_others_done) struct boot_others others = { 0 };
	const char *root = g->settings->root != NULL ? g->settings->root : "";
	struct boot_profile profile = { 0 };
	struct error why = { 0 };
	int r = boot_profile_read(g->place->os, root, &profile, &why);

	if (r < 0 && is_general(&why)) {
		*e = why;
		return r;
	}
	if (r < 0) {
		restoring_tell(g, why.text);
		return 0;
	}
	if (profile.file[0] == '\0')
		return 0;
	r = boot_others_read(g->place->os, root, &others, e);
	if (r < 0)
		return r;
	unread_files_print(others.sysctls.unread, others.sysctls.unread_count, stderr);
	return apply(g, &profile, &others, out, e);
}
