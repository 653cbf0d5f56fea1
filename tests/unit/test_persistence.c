/* Files that make values survive a reboot: what they say, whose they are, and what has none. That
 * they follow the journal under every fault is in test_promises_faults.c, whose machine writes them
 * too. */
#include "apply/persistence.h"
#include "apply/persistence_unit.h"
#include "fake_os.h"
#include "tunables/kind.h"
#include "tunables/rlimit.h"
#include "tunables/sysctl.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define CONF	"/etc/sysctl.d/95-netwright-0000000012.conf"
#define DROP_IN "/etc/systemd/system/nginx.service.d/95-netwright-0000000012.conf"
#define BOOT	"/etc/netwright/restore.d/95-netwright-0000000012.conf"
#define PROFILE "/etc/netwright/restore.d/95-netwright-0000000012.profile"
#define UNIT	"/usr/lib/systemd/system/netwright-restore.service"
#define MARK                                                         \
	"# netwright transaction 12, begun 1000 s after 1970, boot " \
	"00000000-0000-4000-8000-000000000001"

static struct os *os;
static struct error e;
static struct change_record changes[5];
static struct transaction_record t;

static void set_up(void)
{
	os = fake_os_new();
	memset(&e, 0, sizeof(e));
	memset(changes, 0, sizeof(changes));
	t = (struct transaction_record){
		.id = 12,
		.state = TRANSACTION_KEPT,
		.persistence = PERSISTENCE_WANTED,
		.boot_id = "00000000-0000-4000-8000-000000000001",
		.started_utc_s = 1000.25,
		.changes = changes,
	};
	fake_os_add_process(os, 812, "nginx", 5000, FAKE_INITIAL_NETNS,
			    "/system.slice/nginx.service");
	fake_os_add_process(os, 813, "nginx", 5001, FAKE_INITIAL_NETNS,
			    "/system.slice/nginx.service");
	fake_os_add_process(os, 900, "bash", 6000, FAKE_INITIAL_NETNS,
			    "/user.slice/user-1000.slice/session-3.scope");
}

static void tear_down(void)
{
	fake_os_free(os);
}

static struct plan_change *add(const char *kind, const char *name, const char *identity,
			       const char *from, const char *to)
{
	struct plan_change *c = &changes[t.change_count++].change;

	ck_assert_int_eq(target_recall(kind, name, identity, &c->target, &e), 0);
	(void)snprintf(c->from.text, sizeof(c->from.text), "%s", from);
	(void)snprintf(c->to, sizeof(c->to), "%s", to);
	(void)snprintf(c->why, sizeof(c->why), "RCV-02 receive-buffer-capped");
	return c;
}

static void add_sysctl(void)
{
	(void)add("sysctl", "net.core.somaxconn", "netns 1", "128", "4096");
}

static void add_limits(void)
{
	(void)add("rlimit", "rlimit:812/nofile", "process 812 start 5000", "1024:4096",
		  "65536:unlimited");
	(void)add("rlimit", "rlimit:813/nofile", "process 813 start 5001", "1024:4096",
		  "65536:unlimited");
}

static void expect_file(const char *path, const char *body)
{
	char first[256];

	(void)snprintf(first, sizeof(first), MARK ", crc32 %08lx\n",
		       crc32(0, (const Bytef *)body, (uInt)strlen(body)));
	ck_assert_mem_eq(fake_os_file(os, path), first, strlen(first));
	ck_assert_str_eq(fake_os_file(os, path) + strlen(first), body);
}

static void add_route_and_link(void)
{
	(void)add("route", "route:198.51.100.0/24/initcwnd", "netns 1", "10", "32");
	(void)add("link", "link:eth0/mtu", "netns 1 link 2 eth0", "1500", "1400");
}

START_TEST(test_sysctl_file)
{
	add_sysctl();
	ck_assert_int_eq(persistence_write(os, "", &t, &e), 0);
	expect_file(CONF, "# `netwright rollback 12` removes this file\n"
			  "# RCV-02 receive-buffer-capped; was 128\n"
			  "net.core.somaxconn = 4096\n");
	ck_assert_int_eq(persistence_write(os, "", &t, &e), 0); /* again */
	ck_assert_int_eq(persistence_remove(os, "", &t, &e), 0);
	ck_assert_ptr_null(fake_os_file(os, CONF));
	ck_assert_int_eq(persistence_remove(os, "", &t, &e), 0); /* again */
	ck_assert_uint_eq(fake_os_open_files(os), 0);
}
END_TEST

/* Not its values, which the next boot works out anew; limits have no other place. */
START_TEST(test_profile_file)
{
	add_sysctl();
	add_limits();
	add_route_and_link();
	for (size_t i = 0; i < t.change_count; i++)
		(void)snprintf(changes[i].change.why, sizeof(changes[i].change.why),
			       "profile web-server (connections=500)");
	ck_assert_int_eq(persistence_write(os, "", &t, &e), 0);
	expect_file(PROFILE, "# `netwright rollback 12` removes this file\n"
			     "profile = web-server\n"
			     "input = connections=500\n");
	ck_assert_ptr_null(fake_os_file(os, CONF));
	ck_assert_ptr_null(fake_os_file(os, BOOT));
	ck_assert_ptr_nonnull(fake_os_file(os, DROP_IN));
	ck_assert_int_eq(persistence_write(os, "", &t, &e), 0); /* again */
	ck_assert_int_eq(persistence_remove(os, "", &t, &e), 0);
	ck_assert_ptr_null(fake_os_file(os, PROFILE));
	ck_assert_ptr_null(fake_os_file(os, DROP_IN));
	ck_assert_int_eq(persistence_remove(os, "", &t, &e), 0); /* again */
	ck_assert_uint_eq(fake_os_open_files(os), 0);
}
END_TEST

START_TEST(test_a_profile_needs_the_unit)
{
	const struct place place = { .os = os, .is_init = true };
	struct place elsewhere = place;
	struct plan_change *c;

	add_sysctl();
	c = &changes[0].change;
	ck_assert_int_eq(persistence_check(&place, c, &e), 0);
	(void)snprintf(c->why, sizeof(c->why), "profile web-server");
	ck_assert_int_eq(persistence_check(&place, c, &e), -EOPNOTSUPP);
	ck_assert_ptr_nonnull(strstr(e.text, "netwright-restore.service"));
	fake_os_add_file(os, UNIT, "[Unit]\n");
	ck_assert_int_eq(persistence_check(&place, c, &e), 0);
	elsewhere.is_init = false;
	ck_assert_int_eq(persistence_check(&elsewhere, c, &e), -EOPNOTSUPP);
}
END_TEST

/* What is removed stays removed when the power fails, and what is written stays written. */
START_TEST(test_survives_power_loss)
{
	add_sysctl();
	ck_assert_int_eq(persistence_write(os, "", &t, &e), 0);
	fake_os_revive(os, true);
	ck_assert_ptr_nonnull(fake_os_file(os, CONF));
	ck_assert_int_eq(persistence_remove(os, "", &t, &e), 0);
	fake_os_revive(os, true);
	ck_assert_ptr_null(fake_os_file(os, CONF));
}
END_TEST

START_TEST(test_a_reason_cannot_become_a_setting)
{
	struct plan_change *c = add("sysctl", "net.core.somaxconn", "netns 1", "128", "4096");

	(void)snprintf(c->why, sizeof(c->why), "x\nkernel.panic = 1\n");
	ck_assert_int_eq(persistence_write(os, "", &t, &e), 0);
	ck_assert_ptr_null(strstr(fake_os_file(os, CONF), "\nkernel.panic"));
}
END_TEST

START_TEST(test_drop_in_of_a_unit)
{
	add_limits();
	ck_assert_int_eq(persistence_write(os, "", &t, &e), 0);
	/* Two processes of one service are one setting; and no file without sysctls. */
	expect_file(DROP_IN, "# `netwright rollback 12` removes this file\n"
			     "[Service]\n"
			     "# RCV-02 receive-buffer-capped; was 1024:4096\n"
			     "LimitNOFILE=65536:infinity\n");
	ck_assert_ptr_null(fake_os_file(os, CONF));
	/* Which unit it was cannot be asked any more. */
	fake_os_remove_process(os, 812);
	fake_os_remove_process(os, 813);
	ck_assert_int_eq(persistence_remove(os, "", &t, &e), 0);
	ck_assert_ptr_null(fake_os_file(os, DROP_IN));
}
END_TEST

/* What has no file of the system is set by `netwright restore`; and no empty file of sysctl.d. */
START_TEST(test_routes_and_links)
{
	add_route_and_link();
	ck_assert_int_eq(persistence_write(os, "", &t, &e), 0);
	expect_file(BOOT, "# `netwright rollback 12` removes this file\n"
			  "# RCV-02 receive-buffer-capped; was 10\n"
			  "route:198.51.100.0/24/initcwnd = 32\n"
			  "# RCV-02 receive-buffer-capped; was 1500\n"
			  "link:eth0/mtu = 1400\n");
	ck_assert_ptr_null(fake_os_file(os, CONF));
	ck_assert_int_eq(persistence_remove(os, "", &t, &e), 0);
	ck_assert_ptr_null(fake_os_file(os, BOOT));
}
END_TEST

/* A later process of the same number may be of another service. */
START_TEST(test_ended_process_is_left_out)
{
	add_sysctl();
	add_limits();
	fake_os_remove_process(os, 812);
	fake_os_remove_process(os, 813);
	fake_os_add_process(os, 812, "other", 7000, FAKE_INITIAL_NETNS,
			    "/system.slice/other.service");
	ck_assert_int_eq(persistence_write(os, "", &t, &e), 0);
	ck_assert_ptr_nonnull(fake_os_file(os, CONF));
	ck_assert_ptr_null(fake_os_file(os, DROP_IN));
}
END_TEST

/* Another journal (--state-dir) counts from 1 as well. */
START_TEST(test_file_of_another_journal)
{
	add_sysctl();
	fake_os_add_file(os, CONF, "# netwright transaction 12, begun 999 s after 1970, boot x\n");
	ck_assert_int_eq(persistence_write(os, "", &t, &e), -EEXIST);
	ck_assert_int_eq((int)e.kind, (int)ERROR_CONFLICT);
	ck_assert_ptr_nonnull(strstr(e.text, CONF));
	ck_assert_int_eq(persistence_remove(os, "", &t, &e), 0);
	ck_assert_ptr_nonnull(strstr(fake_os_file(os, CONF), "999 s"));
}
END_TEST

/* It would set the value at each boot for good, and nobody be told. */
START_TEST(test_file_that_was_edited)
{
	char text[2048];
	size_t len;

	add_sysctl();
	ck_assert_int_eq(persistence_write(os, "", &t, &e), 0);
	len = strlen(fake_os_file(os, CONF));
	switch (_i) {
	case 0: /* above */
		(void)snprintf(text, sizeof(text), "# keep!\n%s", fake_os_file(os, CONF));
		break;
	case 1: /* below */
		(void)snprintf(text, sizeof(text), "%snet.core.somaxconn = 4096\n",
			       fake_os_file(os, CONF));
		break;
	case 2: /* within */
		(void)snprintf(text, sizeof(text), "%s", fake_os_file(os, CONF));
		text[len - 2] ^= 1;
		break;
	case 3: /* cut */
		(void)snprintf(text, sizeof(text), "%.*s", (int)len - 1, fake_os_file(os, CONF));
		break;
	default: /* all but the mark */
		(void)snprintf(text, sizeof(text), MARK);
	}
	fake_os_add_file(os, CONF, text);
	ck_assert_int_eq(persistence_remove(os, "", &t, &e), -EUCLEAN);
	ck_assert_int_eq((int)e.kind, (int)ERROR_CONFLICT);
	ck_assert_ptr_nonnull(strstr(e.text, CONF ": was edited"));
	ck_assert_str_eq(fake_os_file(os, CONF), text);
	/* Nor is it replaced. */
	ck_assert_int_eq(persistence_write(os, "", &t, &e), -EUCLEAN);
	ck_assert_str_eq(fake_os_file(os, CONF), text);
}
END_TEST

START_TEST(test_list)
{
	struct bytes paths = { 0 };

	add_sysctl();
	add_limits();
	ck_assert_int_eq(persistence_list(os, "", &t, &paths), 0);
	ck_assert_uint_eq(paths.len, 0);
	ck_assert_int_eq(persistence_write(os, "", &t, &e), 0);
	ck_assert_int_eq(persistence_list(os, "", &t, &paths), 0);
	ck_assert_uint_eq(paths.len, sizeof(CONF) + sizeof(DROP_IN));
	ck_assert_mem_eq(paths.data, CONF "\0" DROP_IN, paths.len);
	bytes_done(&paths);
}
END_TEST

/* A root for tests and images. */
START_TEST(test_below_a_root)
{
	add_sysctl();
	ck_assert_int_eq(persistence_write(os, "/image", &t, &e), 0);
	ck_assert_ptr_nonnull(fake_os_file(os, "/image" CONF));
	ck_assert_ptr_null(fake_os_file(os, CONF));
}
END_TEST

/* Killed at every call of writing and of removing: done again, it is whole; and the disk never has
 * half a file. */
START_TEST(test_killed_anywhere)
{
	static const char *const files[] = { CONF, DROP_IN, BOOT };
	unsigned int calls, before;

	add_sysctl();
	add_limits();
	add_route_and_link();
	before = fake_os_calls(os);
	ck_assert_int_eq(persistence_write(os, "", &t, &e), 0);
	ck_assert_int_eq(persistence_remove(os, "", &t, &e), 0);
	calls = fake_os_calls(os) - before;
	ck_assert_uint_gt(calls, 20);
	for (unsigned int call = 1; call <= calls; call++) {
		fake_os_revive(os, false);
		fake_os_die_at(os, call, true);
		if (persistence_write(os, "", &t, &e) == 0)
			(void)persistence_remove(os, "", &t, &e);
		fake_os_revive(os, false);
		for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
			const char *text = fake_os_file(os, files[i]);

			ck_assert_msg(text == NULL || (strncmp(text, MARK, strlen(MARK)) == 0 &&
						       text[strlen(text) - 1] == '\n'),
				      "call %u: half a file", call);
		}
		ck_assert_int_eq(persistence_write(os, "", &t, &e), 0);
		for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
			ck_assert_ptr_nonnull(fake_os_file(os, files[i]));
		ck_assert_int_eq(persistence_remove(os, "", &t, &e), 0);
		for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
			char temporary[128];

			(void)snprintf(temporary, sizeof(temporary), "%s.new", files[i]);
			ck_assert_ptr_null(fake_os_file(os, files[i]));
			ck_assert_ptr_null(fake_os_file(os, temporary));
		}
	}
}
END_TEST

static int check_change(bool is_init, const struct plan_change *c)
{
	const struct place p = { .os = os, .is_init = is_init, .netns = -1, .home = -1 };

	return persistence_check(&p, c, &e);
}

START_TEST(test_what_has_no_file)
{
	struct place p = { .os = os, .is_init = true, .netns = -1, .home = -1 };
	struct plan_change all[2];
	struct plan plan = { .changes = all, .count = 2 };

	add_sysctl();
	ck_assert_int_eq(check_change(true, &changes[0].change), 0);
	ck_assert_int_eq(check_change(false, &changes[0].change), -EOPNOTSUPP);
	ck_assert_ptr_nonnull(strstr(e.text, "initial network namespace"));
	(void)add("rlimit", "rlimit:900/nofile", "process 900 start 6000", "1:1", "2:2");
	ck_assert_int_eq(check_change(true, &changes[1].change), -EOPNOTSUPP);
	ck_assert_ptr_nonnull(strstr(e.text, "a scope"));
	(void)add("rlimit", "rlimit:812/nofile", "process 812 start 4", "1:1", "2:2");
	ck_assert_int_eq(check_change(true, &changes[2].change), -ESTALE);

	all[0] = changes[0].change;
	all[1] = changes[1].change;
	ck_assert_int_eq(persistence_check_plan(&p, &plan, &e), 0); /* one of them can */
	p.is_init = false;
	ck_assert_int_eq(persistence_check_plan(&p, &plan, &e), -EOPNOTSUPP);
	p.is_init = true;
	plan.changes = &all[1];
	plan.count = 1;
	ck_assert_int_eq(persistence_check_plan(&p, &plan, &e), -EOPNOTSUPP);
	ck_assert_ptr_nonnull(strstr(e.text, "leave out --persist"));
	plan.count = 0;
	ck_assert_int_eq(persistence_check_plan(&p, &plan, &e), 0);
}
END_TEST

START_TEST(test_what_waits_for_a_unit)
{
	struct place p = { .os = os, .is_init = true, .netns = -1, .home = -1 };
	struct plan_change all[2];
	struct plan plan = { .changes = all, .count = 2 };

	add_route_and_link();
	add_sysctl();
	all[0] = changes[0].change;
	all[1] = changes[2].change;
	ck_assert_int_eq(check_change(true, &changes[0].change), -EOPNOTSUPP);
	ck_assert_ptr_nonnull(strstr(e.text, "netwright-restore.service"));
	/* The other could, but the file would be written and nobody read it. */
	ck_assert_int_eq(persistence_check_plan(&p, &plan, &e), -EOPNOTSUPP);
	ck_assert_ptr_nonnull(strstr(e.text, "not installed"));
	fake_os_add_file(os, UNIT, "[Unit]\n");
	ck_assert_int_eq(check_change(true, &changes[0].change), 0);
	ck_assert_int_eq(check_change(true, &changes[1].change), 0);
	ck_assert_int_eq(persistence_check_plan(&p, &plan, &e), 0);
	p.is_init = false;
	ck_assert_int_eq(check_change(false, &changes[1].change), -EOPNOTSUPP);
	ck_assert_ptr_nonnull(strstr(e.text, "initial network namespace"));
	ck_assert_int_eq(persistence_check_plan(&p, &plan, &e), -EOPNOTSUPP);
}
END_TEST

START_TEST(test_connections_end)
{
	(void)add("socket", "socket:812/9/congestion", "process 812 start 5000 fd 9 cookie 77",
		  "cubic", "bbr");
	ck_assert_int_eq(check_change(true, &changes[0].change), -EOPNOTSUPP);
	ck_assert_ptr_nonnull(strstr(e.text, "open connection"));
}
END_TEST

static const struct {
	const char *path, *unit; /* NULL: none */
} cgroups[] = {
	{ "/system.slice/nginx.service", "nginx.service" },
	{ "/system.slice/system-getty.slice/getty@tty1.service", "getty@tty1.service" },
	{ "/system.slice/nginx.service/worker", "nginx.service" }, /* delegated to it */
	{ "/system.slice/dev\\x2d1.service", "dev\\x2d1.service" },
	{ "/system.slice/_cpu.service", "cpu.service" }, /* cg_escape() */
	{ "/user.slice/user-1000.slice/user@1000.service", "user@1000.service" },
	{ "/user.slice/user-1000.slice/user@1000.service/app.slice/x.service", NULL },
	{ "/user.slice/user-1000.slice/session-3.scope", NULL },
	{ "/system.slice/docker-0123.scope", NULL },
	{ "/", NULL },
	{ "", NULL },
	{ "/system.slice", NULL },
	{ "/docker/0123456789", NULL },
	{ "/system.slice/../../etc.service", NULL },
	{ "/system.slice/a b.service", NULL },
	{ "/system.slice/.service", NULL },
};

START_TEST(test_unit_of_a_cgroup)
{
	const char *path = cgroups[_i].path;
	char unit[UNIT_NAME_MAX] = "";
	const char *why = NULL;
	int r = persistence_unit_parse(path, strlen(path), unit, &why);

	if (cgroups[_i].unit == NULL) {
		ck_assert_int_eq(r, -EOPNOTSUPP);
		ck_assert_ptr_nonnull(why);
	} else {
		ck_assert_int_eq(r, 0);
		ck_assert_str_eq(unit, cgroups[_i].unit);
	}
}
END_TEST

Suite *test_persistence_suite(void);
Suite *test_persistence_suite(void)
{
	Suite *s = suite_create("persistence");
	TCase *tc = tcase_create("persistence");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, test_sysctl_file);
	tcase_add_test(tc, test_profile_file);
	tcase_add_test(tc, test_a_profile_needs_the_unit);
	tcase_add_test(tc, test_survives_power_loss);
	tcase_add_test(tc, test_a_reason_cannot_become_a_setting);
	tcase_add_test(tc, test_drop_in_of_a_unit);
	tcase_add_test(tc, test_routes_and_links);
	tcase_add_test(tc, test_ended_process_is_left_out);
	tcase_add_test(tc, test_file_of_another_journal);
	tcase_add_loop_test(tc, test_file_that_was_edited, 0, 5);
	tcase_add_test(tc, test_list);
	tcase_add_test(tc, test_below_a_root);
	tcase_add_test(tc, test_killed_anywhere);
	tcase_add_test(tc, test_what_has_no_file);
	tcase_add_test(tc, test_what_waits_for_a_unit);
	tcase_add_test(tc, test_connections_end);
	tcase_add_loop_test(tc, test_unit_of_a_cgroup, 0,
			    (int)(sizeof(cgroups) / sizeof(cgroups[0])));
	suite_add_tcase(s, tc);
	return s;
}
