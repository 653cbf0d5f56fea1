/* netwright profile import: other people's settings as a profile on stdout, what became of the rest
 * on stderr. */
#include "base/cleanup.h"
#include "base/text.h"
#include "cli/profile_exchange.h"
#include "host/live.h"
#include "profiles/import.h"
#include "rules/config_text.h"
#include "rules/lint.h"
#include "tunables/kind.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

DEFINE_CLEANUP(struct source, source_free)

/* TuneD's own and the administrator's, of both layouts: since 2.23 below profiles/. */
static const char *const tuned_directories[] = {
	"/etc/tuned/profiles",
	"/etc/tuned",
	"/usr/lib/tuned/profiles",
	"/usr/lib/tuned",
};

/* What is imported, while it is borrowed from. */
struct origin {
	char *directories[ARRAY_LEN(tuned_directories) + 1];
	size_t directory_count;
	struct tuned_profile tuned;
	struct sysctl_settings sysctl;
};

static void origin_done(struct origin *o)
{
	for (size_t i = 0; i < o->directory_count; i++)
		free(o->directories[i]);
	tuned_profile_done(&o->tuned);
	sysctl_settings_done(&o->sysctl);
}

static int add_directory(struct origin *o, const char *root, const char *directory, size_t len)
{
	if (asprintf(&o->directories[o->directory_count], "%s%.*s", root, (int)len, directory) < 0)
		return -ENOMEM;
	o->directory_count++;
	return 0;
}

/* Of "DIR/NAME/tuned.conf", DIR comes first: what stands beside it is likely meant. */
static int make_search(struct origin *o, const char *root, const char *path, struct error *e)
{
	const char *end = path != NULL ? strrchr(path, '/') : NULL;
	int r = 0;

	end = end != NULL ? memrchr(path, '/', (size_t)(end - path)) : NULL;
	if (end != NULL)
		r = add_directory(o, "", path, (size_t)(end - path));
	for (size_t i = 0; i < ARRAY_LEN(tuned_directories) && r == 0; i++)
		r = add_directory(o, root, tuned_directories[i], strlen(tuned_directories[i]));
	return r < 0 ? error_errno(e, r, NULL, "looking for TuneD profiles") : 0;
}

/* A file of sections, or of sysctls alone: the first line that says something tells. */
static int file_is_tuned(const char *path, bool *ret, struct error *e)
{
	CLEANUP(bytes_done) struct bytes text = { 0 };
	struct text_span rest, line;
	int r = config_text_read_file(path, &text, e);

	if (r < 0)
		return r;
	rest = (struct text_span){ text.data, text.len };
	*ret = false;
	while (text_next_line(&rest, &line)) {
		struct text_span word;

		if (!text_next_word(&line, &word) || word.at[0] == '#' || word.at[0] == ';')
			continue;
		*ret = word.at[0] == '[';
		break;
	}
	return 0;
}

static bool is_path(const char *operand)
{
	struct stat st;

	return strchr(operand, '/') != NULL || (stat(operand, &st) == 0 && S_ISREG(st.st_mode));
}

static int import_files(struct origin *o, const char *const *paths, size_t count,
			struct import *ret, struct error *e)
{
	const char *last = strrchr(paths[0], '/');
	char name[128];
	int len, r = 0;

	last = last != NULL ? last + 1 : paths[0];
	len = (int)strlen(last);
	if (len > 5 && strcmp(last + len - 5, ".conf") == 0)
		len -= 5;
	(void)snprintf(name, sizeof(name), "sysctl-%.*s", len, last);
	for (size_t i = 0; i < count && r == 0; i++)
		r = sysctl_settings_load_file(&o->sysctl, paths[i], e);
	return r == 0 ? import_sysctl(&o->sysctl, name, ret, e) : r;
}

static int import_operands(const struct settings *s, struct origin *o, const char *const *operands,
			   size_t count, struct import *ret, struct error *e)
{
	const char *root = s->root != NULL ? s->root : "";
	bool path = is_path(operands[0]), tuned = !path;
	struct tuned_search search;
	int r = path ? file_is_tuned(operands[0], &tuned, e) : 0;

	if (r == 0 && !tuned)
		return import_files(o, operands, count, ret, e);
	if (r == 0 && count > 1)
		return error_set(e, -EINVAL, ERROR_INPUT, operands[0],
				 "is a TuneD profile: import them one at a time");
	if (r == 0)
		r = make_search(o, root, path ? operands[0] : NULL, e);
	if (r < 0)
		return r;
	search.count = o->directory_count;
	for (size_t i = 0; i < o->directory_count; i++)
		search.directories[i] = o->directories[i];
	r = path ? tuned_profile_load_file(&search, operands[0], &o->tuned, e)
		 : tuned_profile_load(&search, operands[0], &o->tuned, e);
	return r == 0 ? import_tuned(&o->tuned, ret, e) : r;
}

/* Tunables of which less is seldom better: buffers, backlogs and tables. */
static const char *const limits[] = {
	"net.core.netdev_max_backlog", "net.core.optmem_max",	   "net.core.rmem_default",
	"net.core.rmem_max",	       "net.core.somaxconn",	   "net.core.wmem_default",
	"net.core.wmem_max",	       "net.ipv4.tcp_max_orphans", "net.ipv4.tcp_max_syn_backlog",
	"net.ipv4.tcp_max_tw_buckets", "net.ipv4.tcp_mem",	   "net.ipv4.tcp_rmem",
	"net.ipv4.tcp_wmem",	       "net.ipv4.udp_mem",	   "net.netfilter.nf_conntrack_max",
};

static bool is_limit(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
		if (strcmp(limits[i], name) == 0)
			return true;
	}
	return false;
}

/* What a recipe of years ago takes away from a kernel of today. */
static int remark_lowered(struct import *im, const struct imported_setting *s,
			  const struct lint_host *host)
{
	char present[TUNABLE_TEXT_MAX], what[TUNABLE_TEXT_MAX + TUNABLE_NAME_MAX], why[256];
	int64_t now[4], then[4];
	unsigned int n;
	int r;

	if (s->mode == IMPORT_RAISE || !is_limit(s->name))
		return 0;
	r = lint_value_in_force(host, SOURCE_NETNS, s->name, present, sizeof(present));
	if (r == -ENOENT)
		r = lint_value_in_force(host, SOURCE_HOST, s->name, present, sizeof(present));
	if (r < 0)
		return 0;
	n = lint_numbers(present, now);
	if (lint_numbers(s->value, then) < n)
		return 0;
	(void)snprintf(what, sizeof(what), "%s=%s", s->name, s->value);
	for (unsigned int i = 0; i < n; i++) {
		char element[16] = "";

		if (then[i] >= now[i])
			continue;
		if (n > 1)
			(void)snprintf(element, sizeof(element), "[%u]", i);
		(void)snprintf(why, sizeof(why),
			       "shrinks %s%s from %lld to %lld on this host; with raise_to in "
			       "place of set, what is better already stays",
			       s->name, element, (long long)now[i], (long long)then[i]);
		r = import_remark(im, s->origin, what, why);
		if (r < 0)
			return r;
	}
	return 0;
}

static int remark_finding(struct import *im, const struct lint_finding *f)
{
	CLEANUP(bytes_done) struct bytes what = { 0 }, why = { 0 };
	struct import_origin origin = { "the profile", 0 };

	if (f->file != NULL && f->line >= 1 && f->line <= im->count)
		origin = im->settings[f->line - 1].origin;
	if (bytes_printf(&what, "%s=%s", f->key, f->value) < 0 ||
	    bytes_printf(&why, "%s %s: %s%s%s", f->id, f->slug, f->message,
			 f->fix != NULL ? "; " : "", f->fix != NULL ? f->fix : "") < 0)
		return -ENOMEM;
	return import_remark(im, origin, what.data, why.data);
}

/* Line n of a text that holds nothing else is setting n; lints are about sysctls alone. */
static int settings_of(const struct import *im, struct sysctl_settings *ret, struct error *e)
{
	CLEANUP(bytes_done) struct bytes text = { 0 };

	if (bytes_append(&text, "", 0) < 0)
		return error_errno(e, -ENOMEM, NULL, "judging the import");
	for (size_t i = 0; i < im->count; i++) {
		const struct imported_setting *s = &im->settings[i];
		bool sysctl = kind_of_target(s->name)->prefix[0] == '\0';

		if (bytes_printf(&text, "%s%s = %s\n", sysctl ? "" : "# ", s->name, s->value) < 0)
			return error_errno(e, -ENOMEM, NULL, "judging the import");
	}
	return sysctl_settings_parse(ret, im->name, text.data, text.len, e);
}

static int judge(const struct settings *s, struct import *im, struct error *e)
{
	const struct live_options live = { .netns = s->netns, .interval_s = 1 };
	CLEANUP(source_freep) struct source *source = NULL;
	CLEANUP(sysctl_settings_done) struct sysctl_settings settings = { 0 };
	CLEANUP(lint_report_done) struct lint_report report = { 0 };
	struct facts facts;
	int r = live_source_new(&live, &source, e);

	if (r == 0)
		r = facts_read(source, &facts, e);
	if (r == 0)
		r = settings_of(im, &settings, e);
	if (r < 0)
		return r;
	const struct lint_host host = { .settings = &settings, .source = source, .facts = &facts };

	r = lint_run(&host, false, &report, e);
	for (size_t i = 0; i < im->count && r == 0; i++)
		r = remark_lowered(im, &im->settings[i], &host);
	for (size_t i = 0; i < report.count && r == 0; i++)
		r = remark_finding(im, &report.findings[i]);
	return r == -ENOMEM ? error_errno(e, r, NULL, "judging the import") : r;
}

static int report(const char *heading, const struct import_note *notes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		CLEANUP(bytes_done) struct bytes line = { 0 };

		if (import_note_print(&notes[i], &line) < 0)
			return -ENOMEM;
		/* stderr has no buffer: a line is one write. */
		text_copy_printable(line.data, line.len + 1, line.data, line.len);
		(void)fprintf(stderr, "%s%s\n", heading, line.data);
	}
	return 0;
}

int profile_import(const struct settings *s, const char *const *operands, size_t count, FILE *out,
		   struct error *e)
{
	CLEANUP(origin_done) struct origin origin = { 0 };
	CLEANUP(import_done) struct import im = { 0 };
	CLEANUP(bytes_done) struct bytes text = { 0 };
	int r = import_operands(s, &origin, operands, count, &im, e);

	if (r == 0)
		r = judge(s, &im, e);
	if (r < 0)
		return r;
	if (import_print(&im, &text) < 0 ||
	    report("not carried over: ", im.left_out, im.left_out_count) < 0 ||
	    report("look at: ", im.remarks, im.remark_count) < 0)
		return error_errno(e, -ENOMEM, NULL, "printing the profile");
	(void)fprintf(stderr, "%zu settings carried over, %zu lines not. Nothing was changed.\n",
		      im.count, im.left_out_count);
	(void)fwrite(text.data, 1, text.len, out);
	return 0;
}
