#include "host/availability.h"

#include "base/cleanup.h"
#include "host/kernel_config.h"
#include "host/procfile.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

struct ability {
	const char *name;
	const char *symbol; /* NULL: in every kernel that has a network */
	const char *module; /* as its file is called, without .ko */
};

static const struct ability congestion_abilities[] = {
	{ "bbr", "CONFIG_TCP_CONG_BBR", "tcp_bbr" },
	{ "cubic", "CONFIG_TCP_CONG_CUBIC", "tcp_cubic" },
	{ "reno", NULL, NULL },
	{ "dctcp", "CONFIG_TCP_CONG_DCTCP", "tcp_dctcp" },
};

/* net/sched/Makefile, net/sched/Kconfig. pfifo_fast and noqueue are of sch_generic.c, and mq is
 * built in together with it. */
static const struct ability qdisc_abilities[] = {
	{ "fq", "CONFIG_NET_SCH_FQ", "sch_fq" },
	{ "fq_codel", "CONFIG_NET_SCH_FQ_CODEL", "sch_fq_codel" },
	{ "cake", "CONFIG_NET_SCH_CAKE", "sch_cake" },
	{ "pfifo_fast", NULL, NULL },
	{ "codel", "CONFIG_NET_SCH_CODEL", "sch_codel" },
	{ "sfq", "CONFIG_NET_SCH_SFQ", "sch_sfq" },
	{ "mq", NULL, NULL },
	{ "noqueue", NULL, NULL },
};

static_assert(ARRAY_LEN(congestion_abilities) ==
		      sizeof(((struct facts *)NULL)->congestion_module) /
			      sizeof(((struct facts *)NULL)->congestion_module[0]),
	      "one slot each");
static_assert(ARRAY_LEN(qdisc_abilities) == sizeof(((struct facts *)NULL)->qdisc_module) /
						    sizeof(((struct facts *)NULL)->qdisc_module[0]),
	      "one slot each");

/* The files that tell, each read at most once and only when an ability asks for it: they are large
 * and would be kept in recordings. */
struct inquiry {
	struct source *source;
	const char *release;
	struct bytes config, builtin, installed;
	int config_status, builtin_status, installed_status; /* 1: not read yet */
	int locked_status;				     /* 1: not read yet; 0 or -EPERM */
};

static int need_config(struct inquiry *q)
{
	if (q->config_status == 1)
		q->config_status = kernel_config_read(q->source, &q->config);
	return q->config_status;
}

static int need_module_list(struct inquiry *q, const char *file, struct bytes *list, int *status)
{
	char path[128];

	if (*status != 1)
		return *status;
	(void)snprintf(path, sizeof(path), "/lib/modules/%s/%s", q->release, file);
	*status = q->release[0] == '\0'
			  ? -ENOENT
			  : source_read_file(q->source, SOURCE_HOST, path, list, NULL);
	return *status;
}

/* Whether the list, lines such as "kernel/net/ipv4/tcp_bbr.ko.xz: ...", has the module as the first
 * thing of a line; the same path after the colon is only a dependency of another. */
bool availability_list_has(const struct bytes *list, const char *module)
{
	struct text_span text = procfile_text(list), line;
	const size_t len = strlen(module);

	while (text_next_line(&text, &line)) {
		const char *colon = memchr(line.at, ':', line.len);
		const size_t path_len = colon != NULL ? (size_t)(colon - line.at) : line.len;
		const char *slash = memrchr(line.at, '/', path_len);
		const char *file = slash != NULL ? slash + 1 : line.at;

		if (path_len - (size_t)(file - line.at) >= len + 3 &&
		    memcmp(file, module, len) == 0 && memcmp(file + len, ".ko", 3) == 0)
			return true;
	}
	return false;
}

static bool is_loaded(struct inquiry *q, const char *module)
{
	CLEANUP(bytes_done) struct bytes content = { 0 };
	char path[128];

	/* A module that is built in may have a directory there, but never an initstate. */
	(void)snprintf(path, sizeof(path), "/sys/module/%s/initstate", module);
	if (source_read_file(q->source, SOURCE_HOST, path, &content, NULL) < 0)
		return false;
	return content.len >= 4 && memcmp(content.data, "live", 4) == 0;
}

/* kernel.modules_disabled, once 1, refuses every further module. */
static bool loading_is_locked(struct inquiry *q)
{
	CLEANUP(bytes_done) struct bytes content = { 0 };

	if (q->locked_status == 1) {
		const int r = source_read_file(q->source, SOURCE_HOST,
					       "/proc/sys/kernel/modules_disabled", &content, NULL);

		q->locked_status = r == 0 && content.len > 0 && content.data[0] == '1' ? -EPERM : 0;
	}
	return q->locked_status < 0;
}

static enum availability installed(struct inquiry *q, const char *module)
{
	if (need_module_list(q, "modules.dep", &q->installed, &q->installed_status) < 0)
		return AVAILABILITY_UNKNOWN;
	if (availability_list_has(&q->installed, module) && !loading_is_locked(q))
		return AVAILABILITY_YES;
	return AVAILABILITY_NO;
}

static enum availability inquire(struct inquiry *q, const struct ability *ability)
{
	if (ability->symbol == NULL || is_loaded(q, ability->module))
		return AVAILABILITY_YES;
	if (need_config(q) == 0) {
		switch (kernel_config_symbol(&q->config, ability->symbol)) {
		case SYMBOL_YES:
			return AVAILABILITY_YES;
		case SYMBOL_NO:
			return AVAILABILITY_NO;
		case SYMBOL_MODULE:
			return installed(q, ability->module);
		}
	}
	if (need_module_list(q, "modules.builtin", &q->builtin, &q->builtin_status) < 0)
		return AVAILABILITY_UNKNOWN;
	if (availability_list_has(&q->builtin, ability->module))
		return AVAILABILITY_YES;
	return installed(q, ability->module);
}

int availability_read(struct source *s, struct facts *facts)
{
	struct inquiry q = { .source = s,
			     .release = facts->kernel,
			     .config_status = 1,
			     .builtin_status = 1,
			     .installed_status = 1,
			     .locked_status = 1 };

	for (size_t i = 0; i < ARRAY_LEN(congestion_abilities); i++)
		facts->congestion_module[i] = inquire(&q, &congestion_abilities[i]);
	for (size_t i = 0; i < ARRAY_LEN(qdisc_abilities); i++)
		facts->qdisc_module[i] = inquire(&q, &qdisc_abilities[i]);
	bytes_done(&q.config);
	bytes_done(&q.builtin);
	bytes_done(&q.installed);
	if (q.config_status == -ENOMEM || q.builtin_status == -ENOMEM ||
	    q.installed_status == -ENOMEM)
		return -ENOMEM;
	return 0;
}

static enum availability look_up(const struct ability *abilities, size_t count,
				 const enum availability *found, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(abilities[i].name, name) == 0)
			return found[i];
	return AVAILABILITY_UNKNOWN;
}

static bool names_have(const struct fact_names *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++)
		if (strcmp(names->name[i], name) == 0)
			return true;
	return false;
}

enum availability facts_available(const struct facts *f, const char *kind, const char *name)
{
	if (strcmp(kind, "cc") == 0) {
		if (names_have(&f->congestion_available, name))
			return AVAILABILITY_YES;
		return look_up(congestion_abilities, ARRAY_LEN(congestion_abilities),
			       f->congestion_module, name);
	}
	if (strcmp(kind, "qdisc") == 0)
		return look_up(qdisc_abilities, ARRAY_LEN(qdisc_abilities), f->qdisc_module, name);
	return AVAILABILITY_UNKNOWN;
}
