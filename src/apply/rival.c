#include "apply/rival.h"

#include "apply/tuned_active.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "tunables/sysctl.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define COMM_MAX  16
#define PERSISTED "95-netwright-" /* apply/persistence_file.c */

/* The keys that bpftune 0.4 writes: the bpftunable_desc tables of its tuners, which write them when
 * their events come, and its neighbour tuner, which does the same over netlink. */
static const char *const bpftune_keys[] = {
	"net.core.flow_limit_cpu_bitmap",
	"net.core.high_order_alloc_disable",
	"net.core.netdev_budget",
	"net.core.netdev_budget_usecs",
	"net.core.netdev_max_backlog",
	"net.core.rmem_default",
	"net.core.rmem_max",
	"net.ipv4.ipfrag_high_thresh",
	"net.ipv4.neigh.default.gc_thresh1",
	"net.ipv4.neigh.default.gc_thresh2",
	"net.ipv4.neigh.default.gc_thresh3",
	"net.ipv4.tcp_allowed_congestion_control",
	"net.ipv4.tcp_max_syn_backlog",
	"net.ipv4.tcp_mem",
	"net.ipv4.tcp_moderate_rcvbuf",
	"net.ipv4.tcp_no_metrics_save",
	"net.ipv4.tcp_no_ssthresh_metrics_save",
	"net.ipv4.tcp_rmem",
	"net.ipv4.tcp_syncookies",
	"net.ipv4.tcp_wmem",
	"net.ipv4.udp_mem",
	"net.ipv6.ip6frag_high_thresh",
	"net.ipv6.neigh.default.gc_thresh1",
	"net.ipv6.neigh.default.gc_thresh2",
	"net.ipv6.neigh.default.gc_thresh3",
	"net.ipv6.route.max_size",
};

struct search {
	const char *root;
	const struct place *place;
	bool persist;
	struct rivals *found;
	struct tuned_active active;
	int tuned, bpftune; /* PIDs; 0: not running */
	struct sysctl_settings files;
};

static int add(struct search *s, const struct rival *rival)
{
	struct rival *grown = reallocarray(s->found->all, s->found->count + 1, sizeof(*grown));

	if (grown == NULL)
		return -ENOMEM;
	s->found->all = grown;
	grown[s->found->count++] = *rival;
	return 0;
}

/* --- who runs ---------------------------------------------------------------------------------*/

/* The name of a process, without its newline; "" when it cannot be read. */
static void read_name(const struct search *s, const char *pid, char ret[COMM_MAX + 1])
{
	char path[PATH_MAX];
	ssize_t n;

	(void)snprintf(path, sizeof(path), "%.3000s/proc/%.10s/comm", s->root, pid);
	n = os_read_piece(s->place->os, path, ret, COMM_MAX);
	ret[n > 0 ? n - 1 : 0] = '\0';
}

static bool is_number(const char *name, int *ret)
{
	uint64_t number;

	if (text_parse_u64(name, strlen(name), 10, &number) < 0 || number == 0 || number > INT_MAX)
		return false;
	*ret = (int)number;
	return true;
}

/* A network namespace is known by the inode of its file. Not told to us: it is the initial one. */
static bool is_here(const struct search *s, int pid)
{
	struct stat its, ours;
	char path[PATH_MAX];
	int r;

	(void)snprintf(path, sizeof(path), "%.3000s/proc/%d/ns/net", s->root, pid);
	if (stat(path, &its) < 0)
		return s->place->is_init;
	r = s->place->netns >= 0 ? fstat(s->place->netns, &ours)
				 : stat("/proc/thread-self/ns/net", &ours);
	return r == 0 && its.st_dev == ours.st_dev && its.st_ino == ours.st_ino;
}

/* TuneD started as `python3 tuned.py` has another name; its file says which one it is. */
static int read_tuned_pid(const struct search *s)
{
	CLEANUP(bytes_done) struct bytes text = { 0 }, line = { 0 };
	char path[PATH_MAX];
	int pid;

	(void)snprintf(path, sizeof(path), "%.3000s/run/tuned/tuned.pid", s->root);
	if (os_read_file(s->place->os, path, 32, &text) < 0 || text.len == 0)
		return 0;
	text.data[strcspn(text.data, "\n")] = '\0';
	if (!is_number(text.data, &pid))
		return 0;
	(void)snprintf(path, sizeof(path), "%.3000s/proc/%d/cmdline", s->root, pid);
	if (os_read_file(s->place->os, path, 65536, &line) < 0 ||
	    memmem(line.data, line.len, "tuned", 5) == NULL)
		return 0;
	return pid;
}

static void find_processes(struct search *s)
{
	CLEANUP(bytes_done) struct bytes names = { 0 };
	char path[PATH_MAX], name[COMM_MAX + 1];
	int pid = read_tuned_pid(s);

	if (pid != 0 && is_here(s, pid))
		s->tuned = pid;
	(void)snprintf(path, sizeof(path), "%.3000s/proc", s->root);
	if (s->place->os->ops->list(s->place->os, path, &names) < 0)
		return;
	for (size_t at = 0; at < names.len; at += strlen(names.data + at) + 1) {
		if (!is_number(names.data + at, &pid))
			continue;
		read_name(s, names.data + at, name);
		if (s->bpftune == 0 && strcmp(name, "bpftune") == 0)
			s->bpftune = pid;
		if (s->tuned == 0 && strcmp(name, "tuned") == 0 && is_here(s, pid))
			s->tuned = pid;
	}
}

/* --- what each owns ---------------------------------------------------------------------------*/

static int look_at_tuned(struct search *s, const char *key, const struct plan_change *c)
{
	struct tuned_active_setting setting;
	struct rival rival = { .kind = RIVAL_TUNED,
			       .consequence = "set again when TuneD starts, stops or changes its "
					      "profile" };
	int r = s->tuned != 0 ? tuned_active_find(&s->active, key, &setting) : 0;

	if (r <= 0)
		return r;
	(void)snprintf(rival.name, sizeof(rival.name), "TuneD, profile %s (PID %d)", s->active.name,
		       s->tuned);
	(void)snprintf(rival.where, sizeof(rival.where), "%s:%u", setting.file, setting.line);
	memcpy(rival.value, setting.value, sizeof(rival.value));
	memcpy(rival.tunable, c->target.name, sizeof(rival.tunable));
	return add(s, &rival);
}

static int look_at_bpftune(struct search *s, const char *key, const struct plan_change *c)
{
	struct rival rival = { .kind = RIVAL_BPFTUNE,
			       .consequence = "changed whenever bpftune sees fit; our write stops "
					      "its tuner of this setting until it is restarted" };

	if (s->bpftune == 0)
		return 0;
	(void)snprintf(rival.name, sizeof(rival.name), "bpftune (PID %d)", s->bpftune);
	memcpy(rival.tunable, c->target.name, sizeof(rival.tunable));
	for (size_t i = 0; i < ARRAY_LEN(bpftune_keys); i++) {
		if (strcmp(bpftune_keys[i], key) == 0)
			return add(s, &rival);
	}
	return 0;
}

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

/* Files are read in the order of their names, sysctl.conf last. */
static bool is_read_before_ours(const char *file)
{
	const char *base = base_of(file);

	return strcmp(base, "sysctl.conf") != 0 && strcmp(base, PERSISTED ":") < 0;
}

static int look_at_files(struct search *s, const char *key, const struct plan_change *c)
{
	const struct sysctl_line *line = sysctl_settings_find(&s->files, key);
	struct rival rival = { .kind = RIVAL_SYSCTL_FILE };
	bool ours;

	if (line == NULL || line->value == NULL || text_same_words(line->value, c->to) ||
	    (s->persist && is_read_before_ours(line->file)))
		return 0;
	ours = strncmp(base_of(line->file), PERSISTED, strlen(PERSISTED)) == 0;
	(void)snprintf(rival.name, sizeof(rival.name), "%s",
		       ours ? "an earlier netwright --persist" : "sysctl.d");
	(void)snprintf(rival.where, sizeof(rival.where), "%.256s:%u", line->file, line->line);
	text_copy_printable(rival.value, sizeof(rival.value), line->value, strlen(line->value));
	memcpy(rival.tunable, c->target.name, sizeof(rival.tunable));
	(void)snprintf(rival.consequence, sizeof(rival.consequence), "%s",
		       s->persist ? "set at the next boot all the same: it is read after the file "
				    "of --persist"
				  : "set again at the next boot");
	return add(s, &rival);
}

static const char *key_of(const struct target *t)
{
	if (t->kind == &sysctl_kind || t->kind == &sysctl_uncatalogued_kind)
		return t->name + strlen(t->kind->prefix);
	return NULL;
}

static int look_for_all(struct search *s, const struct plan *plan)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < plan->count; i++) {
		const struct plan_change *c = &plan->changes[i];
		const char *key = key_of(&c->target);

		if (key == NULL)
			continue;
		r = look_at_tuned(s, key, c);
		if (r == 0)
			r = look_at_bpftune(s, key, c);
		if (r == 0)
			r = look_at_files(s, key, c);
	}
	return r;
}

static bool has_sysctl(const struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		if (key_of(&plan->changes[i].target) != NULL)
			return true;
	}
	return false;
}

/* What sysctl.d(5) sets in the end, and what of it could not be read. */
static int read_files(struct search *s, const struct plan *plan)
{
	int r;

	if (!s->place->is_init || !has_sysctl(plan))
		return 0;
	r = sysctl_settings_load_system(&s->files, s->root, NULL);
	s->found->unread = s->files.unread;
	s->found->unread_count = s->files.unread_count;
	s->files.unread = NULL;
	s->files.unread_count = 0;
	return r;
}

int rivals_find(const char *root, const struct place *p, const struct plan *plan, bool persist,
		struct rivals *ret)
{
	struct search s = { .root = root, .place = p, .persist = persist, .found = ret };
	int r = 0;

	*ret = (struct rivals){ 0 };
	if (plan->count == 0)
		return 0;
	find_processes(&s);
	if (s.tuned != 0)
		r = tuned_active_load(root, &s.active);
	if (r == 0)
		r = read_files(&s, plan);
	if (r == 0)
		r = look_for_all(&s, plan);
	tuned_active_done(&s.active);
	sysctl_settings_done(&s.files);
	if (r < 0)
		rivals_done(ret);
	return r;
}

void rivals_done(struct rivals *r)
{
	free(r->all);
	free(r->unread);
	*r = (struct rivals){ 0 };
}

const char *rival_kind_name(enum rival_kind k)
{
	static const char *const names[] = {
		[RIVAL_TUNED] = "tuned",
		[RIVAL_BPFTUNE] = "bpftune",
		[RIVAL_SYSCTL_FILE] = "sysctl.d",
	};

	return names[k];
}
