/* From a TuneD profile to ours. What TuneD's plugins do with their options: tuned/plugins/. */
#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "profiles/import.h"
#include "profiles/tuned_interface.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNTRACK_BUCKETS "net.netfilter.nf_conntrack_buckets"

/* One option of one section, as it is being carried over. */
struct carried {
	struct import *im;
	const struct tuned_section *section;
	struct import_origin origin;
	const char *key;
	const char *value; /* expanded, without quotes */
	const char *shown;
	const char *devices; /* of the section, expanded; "*": it names none */
};

static int leave_out(const struct carried *c, const char *why)
{
	return import_leave_out(c->im, c->origin, c->shown, why);
}

/* "=>V" and "=<V": the value begins with the > or <. */
static int carry_as(const struct carried *c, const char *sysctl)
{
	enum import_mode mode = IMPORT_SET;
	const char *value = c->value;

	if (value[0] == '>')
		mode = IMPORT_RAISE;
	else if (value[0] == '<')
		mode = IMPORT_LOWER;
	if (mode != IMPORT_SET)
		value += 1 + strspn(value + 1, " \t");
	return import_add_sysctl(c->im, c->origin, c->shown, sysctl, mode, value);
}

static int carry_sysctl(const struct carried *c)
{
	const char *last = strrchr(c->key, '.');

	last = last != NULL ? last + 1 : c->key;
	if (strcmp(last, "base_reachable_time") == 0 || strcmp(last, "retrans_time") == 0)
		return leave_out(c, "TuneD refuses to set it: the name that ends in _ms is in its "
				    "place");
	return carry_as(c, c->key);
}

/* "40%" of dirty_bytes is a share, which another sysctl holds. */
static int carry_dirty(const struct carried *c, const char *bytes, const char *ratio)
{
	char share[32];
	size_t len = strlen(c->value);
	struct carried as_ratio = *c;

	if (len == 0 || c->value[len - 1] != '%')
		return carry_as(c, bytes);
	(void)snprintf(share, sizeof(share), "%.*s", (int)(len - 1), c->value);
	as_ratio.value = share;
	return carry_as(&as_ratio, ratio);
}

static int carry_vm(const struct carried *c)
{
	if (strcmp(c->key, "dirty_bytes") == 0)
		return carry_dirty(c, "vm.dirty_bytes", "vm.dirty_ratio");
	if (strcmp(c->key, "dirty_background_bytes") == 0)
		return carry_dirty(c, "vm.dirty_background_bytes", "vm.dirty_background_ratio");
	if (strcmp(c->key, "dirty_ratio") == 0)
		return carry_as(c, "vm.dirty_ratio");
	if (strcmp(c->key, "dirty_background_ratio") == 0)
		return carry_as(c, "vm.dirty_background_ratio");
	return leave_out(c, "is no setting of the network; netwright has no tunable for it");
}

static struct tuned_interface_option interface_option(const struct carried *c)
{
	return (struct tuned_interface_option){
		.im = c->im,
		.origin = c->origin,
		.shown = c->shown,
		.devices = c->devices,
		.key = c->key,
		.value = c->value,
	};
}

static int carry_net(const struct carried *c)
{
	const struct tuned_interface_option o = interface_option(c);

	if (strcmp(c->key, "nf_conntrack_hashsize") == 0)
		return carry_as(c, CONNTRACK_BUCKETS);
	if (strcmp(c->key, "dynamic") == 0)
		return leave_out(c, "is TuneD's changing of link speeds by load, which netwright "
				    "does not do");
	return tuned_interface_carry(&o);
}

static int carry_sysfs(const struct carried *c)
{
	const struct tuned_interface_option o = interface_option(c);
	int r = 0;

	if (tuned_interface_carry_sysfs(&o, &r))
		return r;
	if (strcmp(c->key, "/sys/module/nf_conntrack/parameters/hashsize") == 0)
		return carry_as(c, CONNTRACK_BUCKETS);
	return leave_out(c,
			 "is a file below /sys, which a profile of netwright's does not name; set "
			 "what it stands for");
}

static int carry_script(const struct carried *c)
{
	return leave_out(c, "runs a program, and nobody can tell what it sets");
}

static int carry_bootloader(const struct carried *c)
{
	return leave_out(c, "changes how the kernel is started; netwright changes the running one");
}

static int carry_modules(const struct carried *c)
{
	return leave_out(c, "loads kernel modules; netwright leaves that to modules-load.d(5)");
}

/* TuneD's plugins for CPUs, disks, services and the like. */
static int carry_nothing(const struct carried *c)
{
	return leave_out(c, "belongs to a plugin that is not about the network");
}

static const struct {
	const char *type;
	int (*carry)(const struct carried *c);
} plugins[] = {
	{ "bootloader", carry_bootloader },
	{ "modules", carry_modules },
	{ "net", carry_net },
	{ "script", carry_script },
	{ "sysctl", carry_sysctl },
	{ "sysfs", carry_sysfs },
	{ "vm", carry_vm },
};

/* What TuneD reads for itself. */
static const char *const meta[] = {
	"cpuinfo_regex", "devices", "devices_udev_regex", "drop", "enabled", "priority",
	"replace",	 "type",    "uname_regex",
};

static bool is_meta(const char *key)
{
	for (size_t i = 0; i < ARRAY_LEN(meta); i++) {
		if (strcmp(meta[i], key) == 0)
			return true;
	}
	return false;
}

/* Appends why nothing of a section applies; nothing when it does. 0 or -ENOMEM. */
static int section_obstacle(const struct tuned_section *s, struct bytes *ret)
{
	static const char *const conditions[] = { "cpuinfo_regex", "uname_regex" };

	if (!tuned_value_is_true(tuned_option_value(s, "enabled", "1")))
		return bytes_printf(ret,
				    "the section is not enabled: to TuneD, 1, true and True are "
				    "yes, and nothing else");
	for (size_t i = 0; i < ARRAY_LEN(conditions); i++) {
		const char *regex = tuned_option_value(s, conditions[i], NULL);

		if (regex == NULL)
			continue;
		return bytes_printf(ret,
				    "is for machines that match %s=%s only; where it is wanted, "
				    "set it with a condition (when)",
				    conditions[i], regex);
	}
	return 0;
}

static int carry(const struct carried *c)
{
	const char *type = tuned_option_value(c->section, "type", c->section->name);

	if (strcmp(c->key, "script_pre") == 0 || strcmp(c->key, "script_post") == 0)
		return carry_script(c);
	for (size_t i = 0; i < ARRAY_LEN(plugins); i++) {
		if (strcmp(plugins[i].type, type) == 0)
			return plugins[i].carry(c);
	}
	return carry_nothing(c);
}

/* TuneD strips one pair of quotes before it looks for variables. */
static int unquote(const struct tuned_option *o, struct bytes *ret)
{
	size_t len = strlen(o->value);
	bool quoted = len >= 2 && o->value[0] == '"' && o->value[len - 1] == '"';

	return bytes_append(ret, o->value + (quoted ? 1 : 0), len - (quoted ? 2 : 0));
}

/* Why an option stays behind, whatever its plugin; NULL: it does not. */
static const char *option_obstacle(const struct tuned_option *o, int expansion,
				   enum tuned_unexpanded left)
{
	if (expansion == -E2BIG)
		return "is longer than any setting once its variables are expanded";
	if (left != TUNED_EXPANDED)
		return tuned_unexpanded_reason(left);
	if (strchr(o->value, '\n') != NULL)
		return "goes on over several lines: an indented line is part of the one above it";
	return NULL;
}

/* `devices` stays as it is written when it cannot be expanded. */
static int expand_devices(const struct tuned_profile *p, const struct tuned_section *s,
			  struct bytes *ret)
{
	bool by_properties = tuned_option_find(s, "devices_udev_regex") != NULL;
	const char *devices = by_properties ? "*" : tuned_option_value(s, "devices", "*");
	enum tuned_unexpanded left;
	int r = bytes_append(ret, "", 0);

	if (r == 0)
		r = tuned_variables_expand(&p->variables, devices, ret, &left);
	return r == -E2BIG ? 0 : r;
}

static int import_option(struct import *im, const struct tuned_profile *p,
			 const struct tuned_section *s, const struct tuned_option *o)
{
	CLEANUP(bytes_done) struct bytes plain = { 0 }, value = { 0 }, shown = { 0 };
	CLEANUP(bytes_done) struct bytes devices = { 0 }, obstacle = { 0 };
	struct carried c = { .im = im, .section = s, .origin = { o->file, o->line } };
	enum tuned_unexpanded left = TUNED_EXPANDED;
	const char *why;
	int r;

	if (unquote(o, &plain) < 0 || bytes_append(&value, "", 0) < 0 ||
	    bytes_printf(&shown, "[%s] %s=%s", s->name, o->key, o->value) < 0 ||
	    section_obstacle(s, &obstacle) < 0 || expand_devices(p, s, &devices) < 0)
		return -ENOMEM;
	r = tuned_variables_expand(&p->variables, plain.data, &value, &left);
	if (r == -ENOMEM)
		return r;
	c.key = o->key;
	c.value = value.data;
	c.shown = shown.data;
	c.devices = devices.data;
	why = obstacle.len > 0 ? obstacle.data : option_obstacle(o, r, left);
	return why != NULL ? leave_out(&c, why) : carry(&c);
}

static int import_section(struct import *im, const struct tuned_profile *p,
			  const struct tuned_section *s)
{
	int r = 0;

	for (size_t i = 0; i < s->count && r == 0; i++) {
		if (!is_meta(s->options[i].key))
			r = import_option(im, p, s, &s->options[i]);
	}
	return r;
}

static int64_t priority_of(const struct tuned_section *s)
{
	const char *text = tuned_option_value(s, "priority", "0");
	int64_t priority = 0;

	(void)text_parse_i64(text, strlen(text), &priority);
	return priority;
}

/* Indices of sections: the lower priority first, else as they come. */
static void sort_sections(const struct tuned_section *all, size_t *order, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		size_t moved = order[i], to = i;

		for (; to > 0 && priority_of(&all[order[to - 1]]) > priority_of(&all[moved]); to--)
			order[to] = order[to - 1];
		order[to] = moved;
	}
}

static bool is_instance(const struct tuned_section *s)
{
	return strcmp(s->name, "main") != 0 && strcmp(s->name, "variables") != 0;
}

/* In the order in which TuneD applies them: the last to set something wins. */
static int import_sections(struct import *im, const struct tuned_profile *p)
{
	size_t *order = calloc(p->units.count + 1, sizeof(*order)), count = 0;
	int r = 0;

	if (order == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < p->units.count; i++) {
		if (is_instance(&p->units.all[i]))
			order[count++] = i;
	}
	sort_sections(p->units.all, order, count);
	for (size_t i = 0; i < count && r == 0; i++)
		r = import_section(im, p, &p->units.all[order[i]]);
	free(order);
	return r;
}

int import_tuned(const struct tuned_profile *p, struct import *ret, struct error *e)
{
	int r = 0;

	/* TuneD's desktop is not to take the place of ours. */
	if (asprintf(&ret->name, "tuned-%s", p->name) < 0) {
		ret->name = NULL;
		r = -ENOMEM;
	}
	ret->summary = strdup(p->summary != NULL && p->summary[0] != '\0' ? p->summary
									  : "A profile of TuneD's");
	if (ret->summary == NULL)
		r = -ENOMEM;
	for (size_t i = 0; i < p->gap_count && r == 0; i++) {
		const struct tuned_option *o = &p->gaps[i].include;
		CLEANUP(bytes_done) struct bytes shown = { 0 };

		r = bytes_printf(&shown, "%s=%s", o->key, o->value);
		if (r == 0)
			r = import_leave_out(ret, (struct import_origin){ o->file, o->line },
					     shown.data, p->gaps[i].why);
	}
	if (r == 0)
		r = import_sections(ret, p);
	return r < 0 ? error_errno(e, -ENOMEM, NULL, "importing a TuneD profile") : 0;
}
