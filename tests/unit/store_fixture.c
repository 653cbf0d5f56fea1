#include "store_fixture.h"

#include <check.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char directory[64];

const char *fixture_directory(void)
{
	(void)snprintf(directory, sizeof(directory), "/tmp/netwright-unit-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	return directory;
}

const char *fixture_path(const char *name)
{
	static char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/%s", directory, name);
	return path;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void fixture_remove(void)
{
	ck_assert_int_eq(nftw(directory, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

void fixture_transaction(struct transaction_record *t, size_t changes)
{
	static const struct {
		const char *name, *from, *to;
	} all[] = {
		{ "net.ipv4.tcp_rmem", "4096 131072 6291456", "4096 131072 67108864" },
		{ "net.core.somaxconn", "4096", "8192" },
		{ "net.ipv4.tcp_congestion_control", "cubic", "reno" },
	};

	*t = (struct transaction_record){
		.state = TRANSACTION_APPLYING,
		.persistence = PERSISTENCE_WANTED,
		.boot_id = "3f1c5c0e-7b39-4b7c-9d0e-0d6d6f0a1b2c",
		.netns = "web",
		.netns_cookie = 4102,
		.started_utc_s = 1.8e9,
		.uid = 0,
		.login_uid = UINT32_MAX,
		.command = "netwright set net.core.somaxconn=8192",
		.change_count = changes,
		.changes = calloc(changes, sizeof(*t->changes)),
	};
	ck_assert_ptr_nonnull(t->changes);
	for (size_t i = 0; i < changes; i++) {
		struct plan_change *c = &t->changes[i].change;

		ck_assert_int_eq(
			target_recall("sysctl", all[i].name, "netns 4102", &c->target, NULL), 0);
		(void)snprintf(c->from.text, sizeof(c->from.text), "%s", all[i].from);
		(void)snprintf(c->to, sizeof(c->to), "%s", all[i].to);
		(void)snprintf(c->why, sizeof(c->why), "by hand");
	}
}

struct store *fixture_open(enum store_access access)
{
	struct store *s = NULL;
	struct error e = { 0 };

	ck_assert_msg(store_open(directory, access, NULL, &s, &e) == 0, "%s", e.text);
	return s;
}

void fixture_begin(struct transaction_record *t)
{
	struct store *s = fixture_open(STORE_WRITE);
	struct error e = { 0 };

	ck_assert_msg(store_begin(s, t, &e) == 0, "%s", e.text);
	store_close(s);
}

void fixture_read(const char *name, struct bytes *ret)
{
	int fd = open(fixture_path(name), O_RDONLY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	bytes_clear(ret);
	ck_assert_int_eq(bytes_read_fd(ret, fd, 1 << 24), 0);
	(void)close(fd);
}

void fixture_write(const char *name, const void *data, size_t len)
{
	int fd = open(fixture_path(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, data, len), (ssize_t)len);
	(void)close(fd);
}

void fixture_sql(const char *file, const char *sql)
{
	sqlite3 *db = NULL;
	char *message = NULL;

	ck_assert_int_eq(sqlite3_open(fixture_path(file), &db), SQLITE_OK);
	ck_assert_msg(sqlite3_exec(db, sql, NULL, NULL, &message) == SQLITE_OK, "%s",
		      message != NULL ? message : "");
	ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
}
