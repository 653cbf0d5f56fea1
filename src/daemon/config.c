#include "daemon/config.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "rules/config_text.h"
#include "rules/configuration.h"
#include "rules/setting.h"
#include "tune/paired_shift.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HOUR_S 3600.0
#define DAY_S  86400.0

/* --- settings ----------------------------------------------------------------------------------*/

static int read_duration(struct setting_reader *r, const config_setting_t *s, double least_s,
			 double most_s, const char *range, void *field)
{
	const char *text = setting_string(r, s);
	double seconds;

	if (text == NULL)
		return -EINVAL;
	if (text_parse_duration(text, most_s, &seconds) < 0 || seconds < least_s)
		return setting_fail(r, s, "\"%s\" is no duration of %s", text, range);
	*(double *)field = seconds;
	return 0;
}

static int read_interval(struct setting_reader *r, const config_setting_t *s, void *field)
{
	return read_duration(r, s, 1, DAY_S, "1s to 1d", field);
}

static int read_sample(struct setting_reader *r, const config_setting_t *s, void *field)
{
	return read_duration(r, s, 0.1, HOUR_S, "100ms to 1h", field);
}

static int read_window(struct setting_reader *r, const config_setting_t *s, void *field)
{
	return read_duration(r, s, 1, HOUR_S, "1s to 1h", field);
}

static int read_number(struct setting_reader *r, const config_setting_t *s, int least, int most,
		       void *field)
{
	int number = config_setting_get_int(s);

	if (config_setting_type(s) != CONFIG_TYPE_INT || number < least || number > most)
		return setting_fail(r, s, "must be a number from %d to %d", least, most);
	*(unsigned int *)field = (unsigned int)number;
	return 0;
}

static int read_pairs(struct setting_reader *r, const config_setting_t *s, void *field)
{
	return read_number(r, s, PAIRED_SHIFT_MIN, PAIRED_SHIFT_MAX, field);
}

static int read_patience(struct setting_reader *r, const config_setting_t *s, void *field)
{
	return read_number(r, s, 1, DAEMON_PATIENCE_MAX, field);
}

static int read_flag(struct setting_reader *r, const config_setting_t *s, void *field)
{
	if (config_setting_type(s) != CONFIG_TYPE_BOOL)
		return setting_fail(r, s, "must be true or false");
	*(bool *)field = config_setting_get_bool(s) == CONFIG_TRUE;
	return 0;
}

static int read_exit(struct setting_reader *r, const config_setting_t *s, void *field)
{
	const char *text = setting_string(r, s);

	if (text == NULL)
		return -EINVAL;
	if (strcmp(text, "keep") != 0 && strcmp(text, "rollback") != 0)
		return setting_fail(r, s, "\"%s\" is neither \"keep\" nor \"rollback\"", text);
	*(enum daemon_exit *)field = text[0] == 'k' ? DAEMON_EXIT_KEEP : DAEMON_EXIT_ROLLBACK;
	return 0;
}

static int add_netns(struct setting_reader *r, const config_setting_t *s, struct daemon_config *c)
{
	const char *text = setting_string(r, s);

	if (text == NULL)
		return -EINVAL;
	if (strchr(text, '/') != NULL)
		return setting_fail(r, s, "\"%s\" is no name of a network namespace", text);
	c->netns[c->netns_count] = strdup(text);
	if (c->netns[c->netns_count] == NULL)
		return setting_fail_memory(r);
	c->netns_count++;
	return 0;
}

static int read_netns(struct setting_reader *r, const config_setting_t *s, void *field)
{
	struct daemon_config *c = field; /* the offset is 0 */
	const char *text = config_setting_get_string(s);
	size_t n = setting_items(s);
	int code = 0;

	if (text != NULL && strcmp(text, "all") == 0)
		return 0;
	if (n == 0)
		return setting_fail(r, s, "is empty: name namespaces, or \"all\"");
	c->netns = calloc(n, sizeof(*c->netns));
	if (c->netns == NULL)
		return setting_fail_memory(r);
	c->all_netns = false;
	for (size_t i = 0; i < n && code == 0; i++)
		code = add_netns(r, setting_item(s, i), c);
	return code;
}

static const struct setting_field fields[] = {
	{ "interval", false, read_interval, offsetof(struct daemon_config, interval_s) },
	{ "netns", false, read_netns, 0 },
	{ "on_exit", false, read_exit, offsetof(struct daemon_config, on_exit) },
	{ "pairs", false, read_pairs, offsetof(struct daemon_config, pairs) },
	{ "patience", false, read_patience, offsetof(struct daemon_config, patience) },
	{ "sample", false, read_sample, offsetof(struct daemon_config, sample_s) },
	{ "settle", false, read_sample, offsetof(struct daemon_config, settle_s) },
	{ "tune", false, read_flag, offsetof(struct daemon_config, tune) },
	{ "window", false, read_window, offsetof(struct daemon_config, window_s) },
};

/* --- the file ----------------------------------------------------------------------------------*/

static int read_daemon(struct setting_reader *reader, const config_setting_t *group,
		       struct daemon_config *ret)
{
	const bool has_sample = config_setting_get_member(group, "sample") != NULL;
	int r = setting_read_group(reader, group, "daemon", fields, ARRAY_LEN(fields), ret);

	if (r < 0)
		return r;
	ret->paced = !has_sample && config_setting_get_member(group, "interval") == NULL;
	if (!has_sample && ret->sample_s > ret->interval_s)
		ret->sample_s = ret->interval_s;
	if (ret->sample_s > ret->interval_s)
		return setting_fail(reader, group, "sample is longer than interval");
	return 0;
}

int daemon_config_load_text(struct daemon_config *ret, const char *name, const char *text,
			    size_t len, struct error *e)
{
	struct setting_reader reader = { .file = name, .e = e };
	const config_setting_t *group;
	config_t config;
	int r = configuration_parse(name, text, len, &config, e);

	if (r < 0)
		return r;
	daemon_config_default(ret);
	group = config_lookup(&config, "daemon");
	if (group != NULL)
		r = read_daemon(&reader, group, ret);
	config_destroy(&config);
	return r;
}

int daemon_config_load(struct daemon_config *ret, const char *path, struct error *e)
{
	CLEANUP(bytes_done) struct bytes content = { 0 };
	int r = config_text_read_file(path, &content, e);

	return r < 0 ? r : daemon_config_load_text(ret, path, content.data, content.len, e);
}

void daemon_config_default(struct daemon_config *ret)
{
	*ret = (struct daemon_config){
		.interval_s = 60,
		.sample_s = 30,
		.paced = true,
		.patience = 3,
		.window_s = 5,
		.settle_s = 5,
		.pairs = PAIRED_SHIFT_MIN,
		.tune = true,
		.on_exit = DAEMON_EXIT_KEEP,
		.all_netns = true,
	};
}

void daemon_config_done(struct daemon_config *c)
{
	for (size_t i = 0; i < c->netns_count; i++)
		free(c->netns[i]);
	free(c->netns);
	*c = (struct daemon_config){ 0 };
}

bool daemon_config_has_netns(const struct daemon_config *c, const char *name)
{
	for (size_t i = 0; i < c->netns_count; i++) {
		if (strcmp(c->netns[i], name) == 0)
			return true;
	}
	return c->all_netns;
}
