/* TuneD profiles and sysctl files become profiles: which line wins, and why one stays behind. */
#include "base/bytes.h"
#include "profiles/import.h"

#include <check.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

Suite *test_import_suite(void);

static char root[64], etc[96], lib[96];
static struct tuned_search search;
static struct tuned_profile tuned;
static struct sysctl_settings sysctls;
static struct import im;
static struct error e;

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *walk)
{
	(void)st;
	(void)type;
	(void)walk;
	return remove(path);
}

static void setup(void)
{
	(void)snprintf(root, sizeof(root), "/tmp/netwright-import-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(root));
	(void)snprintf(etc, sizeof(etc), "%s/etc", root);
	(void)snprintf(lib, sizeof(lib), "%s/lib", root);
	ck_assert_int_eq(mkdir(etc, 0700), 0);
	ck_assert_int_eq(mkdir(lib, 0700), 0);
	search = (struct tuned_search){ .directories = { etc, lib }, .count = 2 };
	e = (struct error){ 0 };
}

static void teardown(void)
{
	import_done(&im);
	tuned_profile_done(&tuned);
	sysctl_settings_done(&sysctls);
	(void)nftw(root, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

static void profile(const char *directory, const char *name, const char *text)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", directory, name);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	(void)snprintf(path, sizeof(path), "%s/%s/tuned.conf", directory, name);
	write_file(path, text);
}

static void import(const char *name)
{
	int r = tuned_profile_load(&search, name, &tuned, &e);

	ck_assert_msg(r == 0, "%s", e.text);
	ck_assert_int_eq(import_tuned(&tuned, &im, &e), 0);
}

static const char *value_of(const char *name)
{
	for (size_t i = 0; i < im.count; i++) {
		if (strcmp(im.settings[i].name, name) == 0)
			return im.settings[i].value;
	}
	return "";
}

static const char *why_not(const char *what)
{
	for (size_t i = 0; i < im.left_out_count; i++) {
		if (strcmp(im.left_out[i].what, what) == 0)
			return im.left_out[i].why;
	}
	return "";
}

#define ck_assert_contains(text, part) \
	ck_assert_msg(strstr(text, part) != NULL, "\"%s\" not in: %s", part, text)

START_TEST(operators_quotes_and_variables)
{
	profile(lib, "p",
		"[main]\nsummary=Sum\n[variables]\nn=5\nm=${n}0\n[sysctl]\n"
		"net.ipv4.tcp_rmem=\"4096 131072\t16777216\"\nnet.core.somaxconn=>2048\n"
		"net.ipv4.tcp_fin_timeout = < 30\nnet.core.busy_read=${m}\n");
	import("p");
	ck_assert_str_eq(im.name, "tuned-p");
	ck_assert_str_eq(im.summary, "Sum");
	ck_assert_uint_eq(im.count, 4);
	ck_assert_uint_eq(im.left_out_count, 0);
	ck_assert_str_eq(value_of("net.ipv4.tcp_rmem"), "4096 131072 16777216");
	ck_assert_int_eq(im.settings[1].mode, IMPORT_RAISE);
	ck_assert_str_eq(value_of("net.core.somaxconn"), "2048");
	ck_assert_int_eq(im.settings[2].mode, IMPORT_LOWER);
	ck_assert_str_eq(value_of("net.ipv4.tcp_fin_timeout"), "30");
	ck_assert_str_eq(value_of("net.core.busy_read"), "50");
	ck_assert_uint_eq(im.settings[3].origin.line, 10);
}
END_TEST

START_TEST(children_win_and_parents_come_first)
{
	profile(lib, "a", "[sysctl]\nnet.core.busy_read=1\nnet.core.busy_poll=1\n");
	profile(lib, "b", "[main]\ninclude=a\n[sysctl]\nnet.core.busy_read=2\n");
	profile(lib, "c", "[sysctl]\nnet.core.somaxconn=3000\nnet.core.busy_poll=3\n");
	profile(lib, "d", "[main]\ninclude = b, c;-missing\n[sysctl]\nnet.core.somaxconn=4000\n");
	import("d");
	ck_assert_uint_eq(tuned.file_count, 4);
	ck_assert_str_eq(value_of("net.core.busy_read"), "2");
	ck_assert_str_eq(value_of("net.core.busy_poll"), "3");
	ck_assert_str_eq(value_of("net.core.somaxconn"), "4000");
	ck_assert_uint_eq(im.count, 3);
}
END_TEST

START_TEST(replace_drop_and_what_is_never_inherited)
{
	profile(lib, "a",
		"[sysctl]\nnet.core.busy_read=1\nnet.core.busy_poll=1\n"
		"[more]\ntype=sysctl\nenabled=0\nnet.core.somaxconn=3000\n"
		"[gone]\ntype=sysctl\nnet.core.optmem_max=65536\n");
	profile(lib, "b",
		"[main]\ninclude=a\n[sysctl]\ndrop=net.core.busy_read, none\n"
		"[more]\ntype=sysctl\n[gone]\nreplace=1\ntype=sysctl\n"
		"net.core.netdev_budget=400\n");
	import("b");
	ck_assert_str_eq(value_of("net.core.busy_read"), "");
	ck_assert_str_eq(value_of("net.core.busy_poll"), "1");
	/* The child does not say enabled, so that it is. */
	ck_assert_str_eq(value_of("net.core.somaxconn"), "3000");
	ck_assert_str_eq(value_of("net.core.optmem_max"), "");
	ck_assert_str_eq(value_of("net.core.netdev_budget"), "400");
}
END_TEST

START_TEST(a_profile_may_extend_its_own_name)
{
	profile(lib, "p", "[sysctl]\nnet.core.busy_read=1\nnet.core.busy_poll=1\n");
	profile(etc, "p", "[main]\ninclude=p\n[sysctl]\nnet.core.busy_read=2\n");
	import("p");
	ck_assert_uint_eq(tuned.file_count, 2);
	ck_assert_str_eq(value_of("net.core.busy_read"), "2");
	ck_assert_str_eq(value_of("net.core.busy_poll"), "1");
}
END_TEST

START_TEST(a_circle_ends)
{
	profile(lib, "a", "[main]\ninclude=b\n[sysctl]\nnet.core.busy_read=1\n");
	profile(lib, "b", "[main]\ninclude=a\n[sysctl]\nnet.core.busy_read=2\n");
	import("a");
	ck_assert_str_eq(value_of("net.core.busy_read"), "1");
}
END_TEST

START_TEST(sections_of_one_type_apply_by_priority)
{
	profile(lib, "p",
		"[late]\ntype=sysctl\npriority=5\nnet.core.busy_read=5\n"
		"[early]\ntype=sysctl\npriority=-5\nnet.core.busy_read=6\n"
		"[sysctl]\nnet.core.busy_read=7\n");
	import("p");
	ck_assert_uint_eq(im.count, 1);
	ck_assert_str_eq(value_of("net.core.busy_read"), "5");
	ck_assert_uint_eq(im.left_out_count, 2);
	ck_assert_contains(why_not("net.core.busy_read=7"), "tuned.conf:4 sets it again");
}
END_TEST

static const struct {
	const char *text, *what, *why;
} left_out[] = {
	{ "[sysctl]\nkernel.nonsense=1\n", "[sysctl] kernel.nonsense=1", "catalogue" },
	{ "[sysctl]\nnet.ipv4.tcp_rmem=>4096 131072 1\n",
	  "[sysctl] net.ipv4.tcp_rmem=>4096 131072 1", "raise_to" },
	{ "[sysctl]\nnet.ipv4.tcp_rmem=4096 131072\n", "[sysctl] net.ipv4.tcp_rmem=4096 131072",
	  "3" },
	{ "[sysctl]\nnet.core.busy_read=-5\n", "[sysctl] net.core.busy_read=-5", "0" },
	{ "[sysctl]\nfs.file-max=9223372036854775807\n", "[sysctl] fs.file-max=9223372036854775807",
	  "no limit" },
	{ "[sysctl]\nnet.core.busy_read=${x}\n", "[sysctl] net.core.busy_read=${x}",
	  "names a variable" },
	{ "[sysctl]\nnet.core.busy_read=${f:exec:x}\n", "[sysctl] net.core.busy_read=${f:exec:x}",
	  "function" },
	{ "[sysctl]\nnet.core.busy_read=1\n net.core.busy_poll=1\n",
	  "[sysctl] net.core.busy_read=1\nnet.core.busy_poll=1", "several lines" },
	{ "[sysctl]\nnet.ipv4.neigh.default.base_reachable_time=30\n",
	  "[sysctl] net.ipv4.neigh.default.base_reachable_time=30", "TuneD refuses" },
	{ "[sysctl]\nenabled=yes\nnet.core.busy_read=1\n", "[sysctl] net.core.busy_read=1",
	  "not enabled" },
	{ "[x]\ntype=sysctl\nuname_regex=aarch64\nnet.core.busy_read=1\n",
	  "[x] net.core.busy_read=1", "uname_regex=aarch64" },
	{ "[sysctl]\nnet.ipv4.conf.*.rp_filter=1\n", "[sysctl] net.ipv4.conf.*.rp_filter=1", "" },
	{ "[cpu]\ngovernor=performance\n", "[cpu] governor=performance", "not about the network" },
	{ "[vm]\ntransparent_hugepages=never\n", "[vm] transparent_hugepages=never",
	  "no setting of the network" },
	{ "[net]\ncoalesce=adaptive-rx on\n", "[net] coalesce=adaptive-rx on", "devices" },
	{ "[bootloader]\ncmdline=x\n", "[bootloader] cmdline=x", "kernel is started" },
	{ "[script]\nscript=x\n", "[script] script=x", "runs a program" },
	{ "[sysfs]\n/sys/class/net/*/tx_queue_len=1\n", "[sysfs] /sys/class/net/*/tx_queue_len=1",
	  "devices" },
	{ "[main]\ninclude=${f:virt_check:a:b}\n", "include=${f:virt_check:a:b}", "function" },
	{ "[variables]\ninclude=/nonexistent/file\n", "include=/nonexistent/file",
	  "cannot be read" },
};

START_TEST(what_stays_behind_says_why)
{
	profile(lib, "p", left_out[_i].text);
	import("p");
	ck_assert_uint_eq(im.count, 0);
	ck_assert_uint_eq(im.left_out_count, 1);
	ck_assert_str_eq(im.left_out[0].what, left_out[_i].what);
	ck_assert_contains(im.left_out[0].why, left_out[_i].why);
	ck_assert_contains(im.left_out[0].origin.file, "/p/tuned.conf");
}
END_TEST

START_TEST(the_vm_and_sysfs_plugins_meet_sysctls)
{
	profile(lib, "p",
		"[vm]\ndirty_bytes=40%\ndirty_background_bytes=1048576\n[sysfs]\n"
		"/sys/module/nf_conntrack/parameters/hashsize=65536\n");
	import("p");
	ck_assert_str_eq(value_of("vm.dirty_ratio"), "40");
	ck_assert_str_eq(value_of("vm.dirty_background_bytes"), "1048576");
	ck_assert_str_eq(value_of("net.netfilter.nf_conntrack_buckets"), "65536");
	ck_assert_uint_eq(im.left_out_count, 0);
}
END_TEST

static const struct {
	const char *text, *set, *left_out; /* "name=value ...", and whys or "" */
} interfaces[] = {
	{ "[net]\ndevices=eth0\nmtu=9000\ntxqueuelen=5000\n",
	  "link:eth0/mtu=9000 link:eth0/txqueuelen=5000 ", "" },
	{ "[net]\ndevices=eth0, eth1\nmtu=9000\n", "link:eth0/mtu=9000 link:eth1/mtu=9000 ", "" },
	{ "[variables]\nd=eth7\n[wan]\ntype=net\ndevices=${d}\nmtu=1400\n", "link:eth7/mtu=1400 ",
	  "" },
	{ "[net]\ndevices=eth0\nfeatures=tso off gro on rxvlan on\n",
	  "link:eth0/offload.tso=0 link:eth0/offload.tso6=0 link:eth0/offload.gro=1 ",
	  "no tunable for rxvlan of a device|" },
	{ "[net]\ndevices=eth0\nchannels=combined 4 other 1\n", "link:eth0/channels.combined=4 ",
	  "no tunable for other of a device|" },
	{ "[net]\ndevices=eth0\nchannels=combined\n", "", "a name that has no value|" },
	{ "[net]\ndevices=eth0\ncoalesce=rx-usecs 50\n", "", "netwright has no tunable|" },
	{ "[net]\ndevices=eth0\nmtu=64\n", "", "1280|" },
	{ "[net]\nmtu=9000\n", "", "devices that TuneD finds at run time|" },
	{ "[net]\ndevices=eth*\nmtu=9000\n", "", "match a pattern|" },
	{ "[net]\ndevices=eth0 !eth1\nmtu=9000\n", "", "match a pattern|" },
	{ "[net]\ndevices=${none}\nmtu=9000\n", "", "a variable or function|" },
	{ "[net]\ndevices=eth0\ndevices_udev_regex=x\nmtu=9000\n", "",
	  "devices that TuneD finds at run time|" },
	{ "[net]\ndevices=a-name-of-16-chars\nmtu=9000\n", "", "no device can have|" },
	{ "[sysfs]\n/sys/class/net/eth0/tx_queue_len=5000\n/sys/class/net/eth0/mtu=1500\n",
	  "link:eth0/txqueuelen=5000 link:eth0/mtu=1500 ", "" },
	{ "[sysfs]\n/sys/class/net/*/mtu=1500\n", "", "devices that TuneD finds at run time|" },
	{ "[sysfs]\n/sys/class/net/v?/mtu=1500\n", "", "match a pattern|" },
	{ "[sysfs]\n/sys/class/net/../mtu=1500\n", "", "no device can have|" },
	{ "[sysfs]\n/sys/class/net/eth0/queues/rx-0/rps_cpus=3\n", "", "a file below /sys|" },
	{ "[net]\ndevices=eth0\nmtu=9000\n[sysfs]\n/sys/class/net/eth0/mtu=1500\n",
	  "link:eth0/mtu=1500 ", "tuned.conf:5 sets it again|" },
};

START_TEST(named_interfaces_become_settings_of_links)
{
	const char *whys = interfaces[_i].left_out;
	char set[256] = "";
	size_t used = 0, n;

	profile(lib, "p", interfaces[_i].text);
	import("p");
	for (size_t i = 0; i < im.count; i++)
		used += (size_t)snprintf(set + used, sizeof(set) - used, "%s=%s ",
					 im.settings[i].name, im.settings[i].value);
	ck_assert_str_eq(set, interfaces[_i].set);
	for (n = 0; *whys != '\0'; n++) {
		char why[128];
		size_t len = strcspn(whys, "|");

		(void)snprintf(why, sizeof(why), "%.*s", (int)len, whys);
		ck_assert_uint_lt(n, im.left_out_count);
		ck_assert_contains(im.left_out[n].why, why);
		whys += len + 1;
	}
	ck_assert_uint_eq(im.left_out_count, n);
}
END_TEST

START_TEST(nothing_that_is_said_is_cut)
{
	struct bytes out = { 0 };
	char text[3100], what[3100];

	(void)snprintf(what, sizeof(what), "[bootloader] cmdline=%02900d last_word", 0);
	(void)snprintf(text, sizeof(text), "[bootloader]\ncmdline=%02900d last_word\n", 0);
	profile(lib, "p", text);
	import("p");
	ck_assert_int_eq(import_print(&im, &out), 0);
	ck_assert_contains(out.data, what);
	ck_assert_contains(out.data, "changes the running one\n");
	bytes_done(&out);
}
END_TEST

START_TEST(a_profile_has_room_for_so_many)
{
	struct bytes text = { 0 };

	for (size_t i = 0; i <= IMPORT_SETTINGS_MAX; i++)
		ck_assert_int_eq(bytes_printf(&text, "net.ipv4.conf.e%zu.rp_filter=1\n", i), 0);
	ck_assert_int_eq(sysctl_settings_parse(&sysctls, "f.conf", text.data, text.len, NULL), 0);
	ck_assert_int_eq(import_sysctl(&sysctls, "sysctl-f", &im, &e), 0);
	bytes_done(&text);
	ck_assert_uint_eq(im.count, IMPORT_SETTINGS_MAX);
	ck_assert_uint_eq(im.left_out_count, 1);
	ck_assert_uint_eq(im.left_out[0].origin.line, IMPORT_SETTINGS_MAX + 1);
	ck_assert_contains(im.left_out[0].why, "too many");
}
END_TEST

START_TEST(a_value_that_doubles_without_end_stays_behind)
{
	char text[6000];

	(void)snprintf(text, sizeof(text),
		       "[variables]\na=%02500d\n[sysctl]\nnet.core.busy_read=${a}${a}\n"
		       "net.core.busy_poll=5\n",
		       0);
	profile(lib, "p", text);
	import("p");
	ck_assert_uint_eq(im.count, 1);
	ck_assert_contains(why_not("[sysctl] net.core.busy_read=${a}${a}"), "longer than any");
}
END_TEST

START_TEST(a_file_of_variables_is_read)
{
	char path[128], text[256];

	(void)snprintf(path, sizeof(path), "%s/vars", root);
	write_file(path, "n=60\n");
	(void)snprintf(text, sizeof(text),
		       "[variables]\ninclude=%s\n[sysctl]\nnet.core.busy_read=${n}\n", path);
	profile(lib, "p", text);
	import("p");
	ck_assert_str_eq(value_of("net.core.busy_read"), "60");
}
END_TEST

static const struct {
	const char *name, *text;
	int code;
	const char *says;
} refused[] = {
	{ "none", NULL, -ENOENT, "no TuneD profile none" },
	{ "../p", NULL, -ENOENT, "" },
	{ "a b", NULL, -EINVAL, "not a name" },
	{ "p", "[main]\ninclude=none\n", -ENOENT, "no TuneD profile none" },
	{ "p", "[main]\njunk\n", -EINVAL, "tuned.conf:2: " },
	{ "p",
	  "[variables]\na=1234567812345678\nb=${a}${a}${a}${a}${a}${a}${a}${a}\n"
	  "c=${b}${b}${b}${b}${b}${b}${b}${b}\nd=${c}${c}${c}${c}${c}\n",
	  -EINVAL, "tuned.conf:5: variable d is longer than 4096 bytes" },
};

START_TEST(what_tuned_would_reject_is_rejected)
{
	if (refused[_i].text != NULL)
		profile(lib, "p", refused[_i].text);
	ck_assert_int_eq(tuned_profile_load(&search, refused[_i].name, &tuned, &e),
			 refused[_i].code);
	ck_assert_int_eq(e.kind, ERROR_INPUT);
	ck_assert_contains(e.text, refused[_i].says);
}
END_TEST

START_TEST(sysctl_files_are_imported)
{
	static const char text[] = "net.core.somaxconn = 4096\nnet.core.busy_read=1\n"
				   "net.core.busy_read=50\njunk\nnet.ipv4.conf.*.rp_filter=2\n"
				   "-net.ipv4.conf.eth0.rp_filter\nkernel.sysrq=1\n";

	ck_assert_int_eq(sysctl_settings_parse(&sysctls, "f.conf", text, sizeof(text) - 1, NULL),
			 0);
	ck_assert_int_eq(import_sysctl(&sysctls, "sysctl-f", &im, &e), 0);
	ck_assert_uint_eq(im.count, 2);
	ck_assert_str_eq(value_of("net.core.somaxconn"), "4096");
	ck_assert_str_eq(value_of("net.core.busy_read"), "50");
	ck_assert_uint_eq(im.settings[1].origin.line, 3);
	ck_assert_uint_eq(im.left_out_count, 5);
	ck_assert_contains(why_not("net.core.busy_read=1"), "f.conf:3 sets it again");
	ck_assert_contains(why_not("net.ipv4.conf.*.rp_filter=2"), "pattern");
	ck_assert_contains(why_not("net.ipv4.conf.eth0.rp_filter"), "sets nothing");
	ck_assert_contains(why_not("kernel.sysrq=1"), "catalogue");
}
END_TEST

START_TEST(the_profile_is_printed_with_units_and_comments)
{
	struct bytes out = { 0 };

	profile(lib, "p",
		"[main]\nsummary=It is \"quick\" \\o/\n[cpu]\nx=1\n[sysctl]\n"
		"net.core.busy_read=50\nnet.core.rmem_max=>1048576\nnet.ipv4.tcp_fin_timeout=30\n"
		"vm.dirty_ratio=40\nnet.ipv4.tcp_congestion_control=cubic\n"
		"net.ipv4.tcp_wmem=4096 16384 16777216\nvm.min_free_kbytes=1000\n"
		"net.ipv4.tcp_slow_start_after_idle=0\n");
	import("p");
	ck_assert_int_eq(import_remark(&im, im.settings[0].origin, "x", "y"), 0);
	ck_assert_int_eq(import_print(&im, &out), 0);
	ck_assert_contains(out.data, "name = \"tuned-p\";");
	ck_assert_contains(out.data, "summary = \"It is \\\"quick\\\" \\\\o/\";");
	ck_assert_contains(out.data, "busy_read\"; set = \"50us\";");
	ck_assert_contains(out.data, "rmem_max\"; raise_to = \"1048576B\";");
	ck_assert_contains(out.data, "fin_timeout\"; set = \"30s\";");
	ck_assert_contains(out.data, "dirty_ratio\"; set = \"40%\";");
	ck_assert_contains(out.data, "congestion_control\"; set = \"cubic\";");
	ck_assert_contains(out.data, "tcp_wmem\"; set = \"4096 16384 16777216\";");
	ck_assert_contains(out.data, "min_free_kbytes\"; set = \"1000KiB\";");
	ck_assert_contains(out.data, "after_idle\"; set = \"0\";");
	ck_assert_contains(out.data, "p/tuned.conf:4: [cpu] x=1: ");
	ck_assert_contains(out.data, "p/tuned.conf:6: x: y\n");
	bytes_done(&out);
}
END_TEST

Suite *test_import_suite(void)
{
	Suite *s = suite_create("import");
	TCase *c = tcase_create("import");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, operators_quotes_and_variables);
	tcase_add_test(c, children_win_and_parents_come_first);
	tcase_add_test(c, replace_drop_and_what_is_never_inherited);
	tcase_add_test(c, a_profile_may_extend_its_own_name);
	tcase_add_test(c, a_circle_ends);
	tcase_add_test(c, sections_of_one_type_apply_by_priority);
	tcase_add_loop_test(c, what_stays_behind_says_why, 0,
			    (int)(sizeof(left_out) / sizeof(left_out[0])));
	tcase_add_test(c, the_vm_and_sysfs_plugins_meet_sysctls);
	tcase_add_loop_test(c, named_interfaces_become_settings_of_links, 0,
			    (int)(sizeof(interfaces) / sizeof(interfaces[0])));
	tcase_add_test(c, nothing_that_is_said_is_cut);
	tcase_add_test(c, a_profile_has_room_for_so_many);
	tcase_add_test(c, a_value_that_doubles_without_end_stays_behind);
	tcase_add_test(c, a_file_of_variables_is_read);
	tcase_add_loop_test(c, what_tuned_would_reject_is_rejected, 0,
			    (int)(sizeof(refused) / sizeof(refused[0])));
	tcase_add_test(c, sysctl_files_are_imported);
	tcase_add_test(c, the_profile_is_printed_with_units_and_comments);
	suite_add_tcase(s, c);
	return s;
}
