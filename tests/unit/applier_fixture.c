#include "applier_fixture.h"

#include "apply/persistence.h"
#include "base/cleanup.h"
#include "tunables/catalogue.h"
#include "tunables/kind.h"
#include "tunables/place.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_PATH_MAX 96
#define PAGE_SLOT     (4096 + 512) /* a page of SQLite and what it notes about it */

const struct world_key world_three[3] = {
	{ "net.ipv4.conf.eth0.rp_filter", "1", "2" },
	{ "net.ipv4.tcp_slow_start_after_idle", "1", "0" },
	{ "net.ipv4.tcp_rmem", "4096 131072 6291456", "8192 262144 67108864" },
};

static void must(int r, const struct error *e)
{
	if (r >= 0)
		return;
	(void)fprintf(stderr, "applier_fixture: %s\n", e->text);
	abort();
}

/* --- files that survive a reboot --- */

static const char *const file_directories[] = {
	"/etc/sysctl.d",
	"/etc/netwright/restore.d",
	"/etc/systemd/system/nginx.service.d",
};
#define FILE_KINDS (sizeof(file_directories) / sizeof(file_directories[0]))

static void file_path(size_t kind, int64_t id, char path[FILE_PATH_MAX])
{
	(void)snprintf(path, FILE_PATH_MAX, "%s/95-netwright-%010lld.conf", file_directories[kind],
		       (long long)id);
}

/* The world's namespace is not the initial one, and its plans are persisted all the same. */
static const struct persister reaches_any = { .write = persistence_write,
					      .remove = persistence_remove };

/* --- a process --- */

static int begin(struct world *w, struct applier *a)
{
	int r;

	memset(&w->error, 0, sizeof(w->error));
	transaction_record_done(&w->record);
	*a = (struct applier){ .os = w->os, .persister = &reaches_any };
	memcpy(a->boot_id, w->boot_id, sizeof(a->boot_id));
	r = store_open(w->directory, STORE_WRITE, WORLD_VFS, &a->store, &w->error);
	if (r < 0)
		return r;
	r = transaction_recover(a, NULL, &w->error);
	if (r < 0)
		store_close(a->store);
	return r < 0 ? r : 0;
}

int world_apply(struct world *w)
{
	struct apply_options options = { .command = "netwright set",
					 .confirm_s = w->confirm_s,
					 .persist = w->persist,
					 .stop = w->stop };
	struct applier a;
	struct place p;
	int r = begin(w, &a);

	if (r < 0)
		return r;
	r = place_open(w->os, "blue", &p, &w->error);
	if (r == 0) {
		r = transaction_apply(&a, &p, &w->plan, &options, &w->record, &w->error);
		place_close(&p);
	}
	store_close(a.store);
	return r;
}

int world_confirm(struct world *w)
{
	struct applier a;
	int r = begin(w, &a);

	if (r < 0)
		return r;
	r = transaction_confirm(&a, 0, "as expected", &w->record, &w->error);
	store_close(a.store);
	return r;
}

static int newest(struct store *s, int64_t *ret, size_t *ret_count, struct error *e)
{
	int64_t *ids = NULL;
	int r = store_list(s, UINT32_MAX, 1000, &ids, ret_count, e);

	if (r == 0 && *ret_count > 0)
		*ret = ids[0];
	free(ids);
	return r;
}

int world_roll_back(struct world *w, bool force)
{
	return world_roll_back_id(w, 0, force);
}

int world_roll_back_id(struct world *w, int64_t id, bool force)
{
	struct applier a;
	size_t count = 0;
	int r = begin(w, &a);

	if (r < 0)
		return r;
	if (id == 0)
		r = newest(a.store, &id, &count, &w->error);
	if (r >= 0)
		r = transaction_roll_back(&a, id, force, "by hand", &w->record, &w->error);
	store_close(a.store);
	return r;
}

int world_recover(struct world *w)
{
	struct applier a;
	size_t count = 0;
	int64_t id = 0;
	int r = begin(w, &a);

	if (r < 0)
		return r;
	r = newest(a.store, &id, &count, &w->error);
	if (r == 0 && count > 0)
		r = store_load(a.store, id, &w->record, &w->error);
	store_close(a.store);
	return r;
}

void world_kill(struct world *w, enum fake_loss loss, uint64_t seed)
{
	fake_os_revive(w->os, loss != FAKE_LOSE_NOTHING);
	fake_vfs_lose(w->vfs, loss, seed);
	if (loss != FAKE_LOSE_NOTHING) {
		w->boots++;
		if (w->rest != NULL)
			w->rest->reboot(w);
	}
	(void)snprintf(w->boot_id, sizeof(w->boot_id), "00000000-0000-4000-8000-%012u", w->boots);
}

/* --- looking --- */

const char *world_value(const struct world *w, const char *key)
{
	return fake_os_sysctl(w->os, WORLD_NETNS, key);
}

static bool holds(const struct world *w, bool to)
{
	for (size_t i = 0; i < w->key_count; i++) {
		const char *wanted = to ? w->keys[i].to : w->keys[i].from;

		if (strcmp(world_value(w, w->keys[i].key), wanted) != 0)
			return false;
	}
	return w->rest == NULL || w->rest->holds(w, to);
}

bool world_holds_from(const struct world *w)
{
	return holds(w, false);
}

bool world_holds_to(const struct world *w)
{
	return holds(w, true);
}

size_t world_files(struct world *w, int64_t id)
{
	char path[FILE_PATH_MAX];
	size_t found = 0;

	for (size_t kind = 0; kind < FILE_KINDS; kind++) {
		file_path(kind, id, path);
		found += fake_os_file(w->os, path) != NULL;
	}
	return found;
}

bool world_has_file(struct world *w, int64_t id)
{
	return world_files(w, id) == w->file_kinds;
}

size_t world_transactions(struct world *w)
{
	struct store *s = NULL;
	struct error e = { 0 };
	size_t count = 0;
	int64_t id = 0;

	must(store_open(w->directory, STORE_WRITE, WORLD_VFS, &s, &e), &e);
	must(newest(s, &id, &count, &e), &e);
	store_close(s);
	return count;
}

size_t world_effects(const struct world *w)
{
	return strlen(fake_os_trace(w->os));
}

/* --- making --- */

void world_wish(struct world *w, const struct wish *more, size_t n)
{
	struct wish wishes[WORLD_CHANGES_MAX];
	struct error e = { 0 };
	struct place p;

	if (w->key_count + n > WORLD_CHANGES_MAX)
		abort();
	for (size_t i = 0; i < w->key_count; i++)
		wishes[i] = (struct wish){ w->keys[i].key, w->keys[i].to, "by hand", WISH_SET };
	for (size_t i = 0; i < n; i++)
		wishes[w->key_count + i] = more[i];
	plan_done(&w->plan);
	must(place_open(w->os, "blue", &p, &e), &e);
	must(plan_make(&p, wishes, w->key_count + n, &w->plan, &e), &e);
	place_close(&p);
}

/* One buffer for all connections: thousands of them are opened, and each would map its own. */
static void configure_sqlite(void)
{
	static char pages[256 * PAGE_SLOT] __attribute__((aligned(16)));

	(void)sqlite3_shutdown();
	if (sqlite3_config(SQLITE_CONFIG_PAGECACHE, pages, PAGE_SLOT, 256) != SQLITE_OK)
		abort();
}

void world_init(struct world *w, const struct world_key *keys, size_t n)
{
	*w = (struct world){
		.keys = keys, .key_count = n, .file_kinds = 1, .directory = "/tmp/netwright.XXXXXX"
	};
	if (n > WORLD_CHANGES_MAX || mkdtemp(w->directory) == NULL)
		abort();
	configure_sqlite();
	w->os = fake_os_new();
	w->vfs = fake_vfs_new(w->os, WORLD_VFS);
	fake_os_add_netns(w->os, "blue", WORLD_NETNS);
	fake_os_add_link(w->os, WORLD_NETNS, "eth0", 7);
	for (size_t i = 0; i < n; i++)
		fake_os_add_sysctl(w->os, WORLD_NETNS, keys[i].key, keys[i].from);
	world_kill(w, FAKE_LOSE_NOTHING, 0);
	world_wish(w, NULL, 0);
	must(world_recover(w), &w->error);
	world_kill(w, FAKE_LOSE_NOTHING, 0);
}

void world_done(struct world *w)
{
	if (w->rest != NULL)
		w->rest->done(w);
	transaction_record_done(&w->record);
	plan_done(&w->plan);
	fake_vfs_free(w->vfs);
	fake_os_free(w->os);
	(void)rmdir(w->directory);
}

/* Two values of a tunable: whatever its lowest one is, and the next. */
static bool values_of(const struct tunable *t, char from[64], char to[64])
{
	size_t from_len = 0, to_len = 0;

	if (strchr(t->name, '*') != NULL || t->scope != TUNABLE_PER_NETNS ||
	    t->undo != TUNABLE_UNDO_FULL || t->minimum >= t->maximum || t->minimum < 0 ||
	    (t->type != TUNABLE_INTEGER && t->type != TUNABLE_BOOLEAN && t->type != TUNABLE_VECTOR))
		return false;
	for (unsigned int i = 0; i < t->elements; i++) {
		const char *blank = i > 0 ? " " : "";

		from_len += (size_t)snprintf(from + from_len, 64 - from_len, "%s%lld", blank,
					     (long long)t->minimum);
		to_len += (size_t)snprintf(to + to_len, 64 - to_len, "%s%lld", blank,
					   (long long)t->minimum + 1);
	}
	return true;
}

static bool can_be_wished(const struct tunable *t, const char *to)
{
	struct target target = { .kind = kind_of_target(t->name), .tunable = t };
	struct place p = { .netns = -1, .home = -1 };
	static struct held now;
	static char text[HELD_TEXT_MAX];
	struct error e;

	(void)snprintf(target.name, sizeof(target.name), "%s", t->name);
	return target.kind->want(&p, &target, -1, to, &now, text, &e) == 0 && strcmp(text, to) == 0;
}

size_t world_many(struct world_key *ret, size_t n)
{
	static char from[WORLD_CHANGES_MAX][64], to[WORLD_CHANGES_MAX][64];
	size_t found = 0;

	for (size_t i = 0; i < tunable_count && found < n && found < WORLD_CHANGES_MAX; i++) {
		const struct tunable *t = &tunables[i];

		if (!values_of(t, from[found], to[found]) || !can_be_wished(t, to[found]))
			continue;
		ret[found] = (struct world_key){ t->name, from[found], to[found] };
		found++;
	}
	return found;
}

/* --- saving --- */

struct world_image {
	char values[WORLD_CHANGES_MAX][64];
	char *files[FILE_KINDS]; /* NULL: none */
	void *rest;
	unsigned int boots;
	struct fake_vfs_image *disk;
};

static char *copy_of_file(struct world *w, size_t kind)
{
	char path[FILE_PATH_MAX];
	const char *text;

	file_path(kind, 1, path);
	text = fake_os_file(w->os, path);
	return text != NULL ? strdup(text) : NULL;
}

struct world_image *world_save(struct world *w)
{
	struct world_image *image = calloc(1, sizeof(*image));

	if (image == NULL)
		abort();
	for (size_t i = 0; i < w->key_count; i++)
		(void)snprintf(image->values[i], sizeof(image->values[i]), "%s",
			       world_value(w, w->keys[i].key));
	for (size_t kind = 0; kind < FILE_KINDS; kind++)
		image->files[kind] = copy_of_file(w, kind);
	image->rest = w->rest != NULL ? w->rest->save(w) : NULL;
	image->boots = w->boots;
	image->disk = fake_vfs_save(w->vfs);
	return image;
}

void world_load(struct world *w, const struct world_image *image)
{
	char path[FILE_PATH_MAX];

	fake_os_revive(w->os, false);
	for (size_t i = 0; i < w->key_count; i++)
		fake_os_set_sysctl(w->os, WORLD_NETNS, w->keys[i].key, image->values[i]);
	for (size_t kind = 0; kind < FILE_KINDS; kind++) {
		file_path(kind, 1, path);
		if (image->files[kind] != NULL)
			fake_os_add_file(w->os, path, image->files[kind]);
		else
			fake_os_remove_file(w->os, path);
	}
	if (w->rest != NULL)
		w->rest->load(w, image->rest);
	fake_vfs_load(w->vfs, image->disk);
	w->boots = image->boots;
	world_kill(w, FAKE_LOSE_NOTHING, 0);
}

void world_image_free(struct world_image *image)
{
	fake_vfs_image_free(image->disk);
	for (size_t kind = 0; kind < FILE_KINDS; kind++)
		free(image->files[kind]);
	free(image->rest);
	free(image);
}
