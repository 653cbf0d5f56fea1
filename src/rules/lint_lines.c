/* What can be said about a line before its value is looked at. */
#include "base/suggest.h"
#include "rules/lint.h"
#include "tunables/catalogue.h"
#include "tunables/kernel_number.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#define FORMAT "sysctl.d(5), sysctl.conf(5)"

/* In the order of their ids. */
enum line_lint {
	OVERRIDDEN,
	NOT_IN_NAMESPACE,
	MALFORMED,
	UNKNOWN_KEY,
	ABSENT_KEY,
	NOT_AT_BOOT,
	REFUSED_VALUE
};

const struct lint line_lints[] = {
[OVERRIDDEN] = {
	.id = "L-34",
	.slug = "overridden",
	.severity = SEVERITY_INFO,
	.fix = "keep one of them",
	.source = FORMAT,
	.message = "a later line, here or in a later file, sets the same key to another value",
},
[NOT_IN_NAMESPACE] = {
	.id = "L-35",
	.slug = "host-only-key",
	.severity = SEVERITY_INFO,
	.fix = "move the line to the host",
	.source = "Linux net/core/sysctl_net_core.c",
	.message = "the key can be set in the initial network namespace only",
},
[MALFORMED] = {
	.id = "L-44",
	.slug = "malformed-line",
	.severity = SEVERITY_LOW,
	.fix = "write key = value, comments on lines of their own",
	.source = FORMAT,
	.message = "the line cannot be read",
},
[UNKNOWN_KEY] = {
	.id = "L-45",
	.slug = "unknown-key",
	.severity = SEVERITY_LOW,
	.fix = "correct the name or delete the line",
	.source = FORMAT,
	.message = "the kernel has no such setting, so that the line does nothing",
},
[ABSENT_KEY] = {
	.id = "L-46",
	.slug = "no-effect-here",
	.severity = SEVERITY_INFO,
	.fix = "nothing to do if the kernel, module or device comes later",
	.source = FORMAT,
	.message = "the kernel, a module or a device that would have the key is not here",
},
[NOT_AT_BOOT] = {
	.id = "L-47",
	.slug = "not-at-boot",
	.severity = SEVERITY_INFO,
	.fix = "link /etc/sysctl.d/99-sysctl.conf to it, or move the lines there",
	.source = "sysctl.d(5)",
	.message = "sysctl --system reads /etc/sysctl.conf, systemd-sysctl only through a link",
},
[REFUSED_VALUE] = {
	.id = "L-48",
	.slug = "value-refused",
	.severity = SEVERITY_LOW,
	.fix = "write plain numbers with blanks between them: no units, quotes, commas or words",
	.source = "Linux kernel/sysctl.c, proc_get_long(); measured on Linux 6.18",
	.message = "the kernel reads no number there and refuses the value, so that the old one stays",
},
};

const size_t line_lint_count = sizeof(line_lints) / sizeof(line_lints[0]);

/* Keys that come and go with modules and devices. */
static const char *const transient[] = {
	"net.ipv[46].conf.*.*",
	"net.ipv[46].neigh.*.*",
	"net.netfilter.*",
	"net.netfilter.*.*",
	"net.ipv4.netfilter.*",
	"net.nf_conntrack_*",
	"net.bridge.*",
	"net.mptcp.*",
	"net.sctp.*",
	"net.rds.*",
	"net.smc.*",
	"net.ipv6.*",
	"dev.*.*",
	"fs.nfs.*",
	"sunrpc.*",
};

static bool is_transient(const char *key)
{
	for (size_t i = 0; i < sizeof(transient) / sizeof(transient[0]); i++) {
		if (sysctl_key_matches(transient[i], key))
			return true;
	}
	return false;
}

/* Removed keys have lints of their own, which say more. */
static bool has_lint_when_set(const char *key)
{
	for (size_t i = 0; i < lint_count; i++) {
		if (lints[i].test == LINT_SET && sysctl_key_matches(lints[i].key, key))
			return true;
	}
	return false;
}

static int report_unknown(const struct sysctl_line *line, struct lint_report *r)
{
	struct suggestion nearest = suggest_start(line->key, strlen(line->key));

	for (size_t i = 0; i < tunable_count; i++)
		suggest_offer(&nearest, tunables[i].name);
	for (size_t i = 0; i < lint_count; i++)
		suggest_offer(&nearest, lints[i].key);
	if (nearest.best == NULL)
		return lint_report_add(r, &line_lints[UNKNOWN_KEY], line, line->key, line->value,
				       "this kernel has no such setting");
	return lint_report_add(r, &line_lints[UNKNOWN_KEY], line, line->key, line->value,
			       "this kernel has no such setting; did you mean %s?", nearest.best);
}

static int report_absent(const struct lint_host *host, const struct sysctl_line *line,
			 struct lint_report *r)
{
	const struct tunable *t = tunable_find(line->key);
	char value[8];

	if (!host->facts->netns_is_init &&
	    lint_value_in_force(host, SOURCE_HOST, line->key, value, sizeof(value)) == 0)
		return lint_report_add(r, &line_lints[NOT_IN_NAMESPACE], line, line->key,
				       line->value,
				       "exists in the initial network namespace only: it cannot be "
				       "set in this one");
	if (t != NULL && t->since != NULL)
		return lint_report_add(r, &line_lints[ABSENT_KEY], line, line->key, line->value,
				       "has no effect on this kernel, which lacks it; Linux has it "
				       "since %s",
				       t->since);
	if (t != NULL || is_transient(line->key))
		return lint_report_add(r, &line_lints[ABSENT_KEY], line, line->key, line->value,
				       "has no effect here: there is no such setting now");
	return report_unknown(line, r);
}

/* Once, at the first line of the file. */
static int report_unlinked(const struct sysctl_settings *s, const struct sysctl_line *line,
			   struct lint_report *r)
{
	if (s->unlinked == NULL || line->file != s->unlinked ||
	    (line > s->lines && line[-1].file == line->file))
		return 0;
	return lint_report_add(
		r, &line_lints[NOT_AT_BOOT], line, "", "",
		"read by sysctl --system, but not by systemd-sysctl when booting: no "
		"link in a sysctl.d directory leads here");
}

/* 1 when it is one. */
static int report_refused(const struct sysctl_line *line, struct lint_report *r)
{
	const struct tunable *t = tunable_find(line->key);
	struct text_span word;
	int code;

	if (t == NULL || kernel_number_refused(t, line->value, &word) == 0)
		return 0;
	code = lint_report_add(r, &line_lints[REFUSED_VALUE], line, line->key, line->value,
			       "the kernel reads no number in \"%.*s\" and refuses the value: the "
			       "old one stays",
			       (int)word.len, word.at);
	return code < 0 ? code : 1;
}

/* The line that sets the same key when booting: files that systemd-sysctl reads, this line or a
 * later one. */
static const struct sysctl_line *counts_at_boot(const struct sysctl_settings *s,
						const struct sysctl_line *line)
{
	const struct sysctl_line *counts = line;

	for (const struct sysctl_line *l = line + 1; l < s->lines + s->line_count; l++) {
		if (l->problem == NULL && l->value != NULL && l->file != s->unlinked &&
		    strcmp(l->key, line->key) == 0)
			counts = l;
	}
	return counts;
}

/* 1: another line counts, always. 0: this one does at boot, the other after sysctl --system. */
static int report_overridden(const struct sysctl_settings *s, const struct sysctl_line *line,
			     struct lint_report *r)
{
	const struct sysctl_line *later = &s->lines[line->overridden_by];
	const struct sysctl_line *boot = later;
	int code;

	if (later->file == s->unlinked && line->file != s->unlinked)
		boot = counts_at_boot(s, line);
	if (strcmp(boot == line ? later->value : boot->value, line->value) == 0)
		return 1;
	if (boot == line)
		return lint_report_add(
			r, &line_lints[OVERRIDDEN], line, line->key, line->value,
			"counts at boot alone, as systemd-sysctl does not read %s; after "
			"sysctl --system %s:%u counts, which sets it to %s",
			later->file, later->file, later->line, later->value);
	code = lint_report_add(r, &line_lints[OVERRIDDEN], line, line->key, line->value,
			       "has no effect: %s:%u sets it to %s", boot->file, boot->line,
			       boot->value);
	return code < 0 ? code : 1;
}

/* Such as net.core.rmem_max, which other namespaces show without the write bits. */
static bool is_read_only_here(const struct lint_host *host, const char *key)
{
	const struct tunable *t = tunable_find(key);

	return !host->facts->netns_is_init && t != NULL && t->scope == TUNABLE_INIT_ONLY &&
	       t->shown;
}

/* Whether the line reaches anything here. 0 in any case but -ENOMEM: the value of a key that is not
 * here yet may be wrong all the same. */
static int report_without_effect(const struct lint_host *host, const struct sysctl_line *line,
				 struct lint_report *r)
{
	char value[8];
	int seen;

	if (line->glob || has_lint_when_set(line->key))
		return 0;
	seen = lint_value_in_force(host, SOURCE_NETNS, line->key, value, sizeof(value));
	if (seen == -ENOENT)
		return report_absent(host, line, r);
	if (seen == 0 && is_read_only_here(host, line->key))
		return lint_report_add(r, &line_lints[NOT_IN_NAMESPACE], line, line->key,
				       line->value,
				       "is read-only in this network namespace: only the initial "
				       "one can set it, for all");
	return 0;
}

int lint_line(const struct lint_host *host, const struct sysctl_line *line, struct lint_report *r)
{
	int code = report_unlinked(host->settings, line, r);

	if (code == 0 && line->problem != NULL)
		code = lint_report_add(r, &line_lints[MALFORMED], line, "", "", "%s",
				       line->problem);
	else if (code == 0 && line->overridden_by != SIZE_MAX)
		code = report_overridden(host->settings, line, r);
	if (code == 0 && (line->problem != NULL || line->value == NULL))
		code = 1;
	if (code != 0)
		return code;
	code = report_without_effect(host, line, r);
	return code < 0 ? code : report_refused(line, r);
}
