/* One profile after another: what is put back, and what is left alone. On a machine in memory. */
#include "apply/succession.h"
#include "base/cleanup.h"
#include "fake_os.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *test_succession_suite(void);

#define NETNS	4102
#define BOOT	"7f1ad1d3-6a2c-4f4e-9d15-3f1f7a4d6d52"
#define HISTORY 8
#define RMEM	"net.ipv4.tcp_rmem"
#define SOMAX	"net.core.somaxconn"
#define KEEP	"net.ipv4.tcp_keepalive_time"
#define FIRST	"4096 131072 6291456"

static struct os *os;
static struct place place;
static struct transaction_record records[HISTORY];
static struct plan plans[HISTORY];
static size_t count;
static struct error e;

static void setup(void)
{
	os = fake_os_new();
	fake_os_add_netns(os, "blue", NETNS);
	fake_os_add_sysctl(os, NETNS, RMEM, FIRST);
	fake_os_add_sysctl(os, NETNS, SOMAX, "128");
	fake_os_add_sysctl(os, NETNS, KEEP, "7200");
	ck_assert_int_eq(place_open(os, "blue", &place, &e), 0);
	count = 0;
}

static void teardown(void)
{
	for (size_t i = 0; i < count; i++) {
		free(records[i].changes);
		plan_done(&plans[i]);
	}
	place_close(&place);
	fake_os_free(os);
}

static void remember(const struct plan *plan)
{
	struct transaction_record *t = &records[count++];

	*t = (struct transaction_record){ .id = (int64_t)count,
					  .state = TRANSACTION_KEPT,
					  .boot_id = BOOT,
					  .netns_cookie = NETNS,
					  .change_count = plan->count };
	t->changes = calloc(plan->count + 1, sizeof(*t->changes));
	ck_assert_ptr_nonnull(t->changes);
	for (size_t i = 0; i < plan->count; i++) {
		t->changes[i].change = plan->changes[i];
		t->changes[i].outcome = CHANGE_WRITTEN;
		fake_os_set_sysctl(os, NETNS, plan->changes[i].target.name, plan->changes[i].to);
	}
}

static size_t history(const struct transaction_record **newest_first)
{
	for (size_t i = 0; i < count; i++)
		newest_first[i] = &records[count - 1 - i];
	return count;
}

/* Applies a profile of these wishes, as `netwright apply` does. */
static void apply(const char *name, const struct wish *wanted, size_t n)
{
	CLEANUP(profile_wishes_done) struct profile_wishes wishes = { 0 };
	const struct transaction_record *earlier[HISTORY];
	char why[64];

	ck_assert_uint_lt(count, HISTORY);
	(void)snprintf(why, sizeof(why), "profile %s", name);
	for (size_t i = 0; i < n; i++) {
		struct wish wish = wanted[i];

		wish.why = why;
		ck_assert_int_eq(profile_wishes_add(&wishes, &wish, &e), 0);
	}
	ck_assert_msg(succession_add(&place, earlier, history(earlier), why, &wishes, &e) == 0,
		      "%s", e.text);
	ck_assert_msg(plan_make(&place, wishes.wishes, wishes.count, &plans[count], &e) == 0, "%s",
		      e.text);
	remember(&plans[count]);
}

static void holds(const char *key, const char *value)
{
	ck_assert_msg(strcmp(fake_os_sysctl(os, NETNS, key), value) == 0, "%s is %s, not %s", key,
		      fake_os_sysctl(os, NETNS, key), value);
}

static const struct wish large[] = {
	{ RMEM "[2]", "64MiB", NULL, WISH_RAISE },
	{ SOMAX, "8192", NULL, WISH_RAISE },
};
static const struct wish small[] = { { RMEM "[2]", "16MiB", NULL, WISH_RAISE } };
static const struct wish tiny[] = { { RMEM "[2]", "1MiB", NULL, WISH_RAISE } };
static const struct wish other[] = { { KEEP, "300s", NULL, WISH_LOWER } };

START_TEST(what_only_the_earlier_set_is_put_back)
{
	apply("large", large, 2);
	holds(RMEM, "4096 131072 67108864");
	holds(SOMAX, "8192");
	apply("other", other, 1);
	holds(RMEM, FIRST);
	holds(SOMAX, "128");
	holds(KEEP, "300");
	/* As one transaction: three changes, and no more. */
	ck_assert_uint_eq(records[1].change_count, 3);
}
END_TEST

START_TEST(a_smaller_one_is_what_it_is_alone)
{
	apply("large", large, 2);
	apply("small", small, 1);
	holds(RMEM, "4096 131072 16777216");
	holds(SOMAX, "128");
	apply("tiny", tiny, 1);
	holds(RMEM, FIRST);
}
END_TEST

START_TEST(the_host_is_found_below_many)
{
	apply("large", large, 2);
	apply("small", small, 1);
	apply("large", large, 2);
	apply("other", other, 1);
	apply("small", small, 1);
	holds(RMEM, "4096 131072 16777216");
	holds(KEEP, "7200");
	apply("none", NULL, 0);
	holds(RMEM, FIRST);
	holds(SOMAX, "128");
}
END_TEST

START_TEST(twice_the_same_is_nothing)
{
	apply("large", large, 2);
	apply("large", large, 2);
	ck_assert_uint_eq(records[1].change_count, 0);
	holds(RMEM, "4096 131072 67108864");
}
END_TEST

START_TEST(what_somebody_else_wrote_is_left_alone)
{
	apply("large", large, 2);
	fake_os_set_sysctl(os, NETNS, SOMAX, "1000");
	apply("other", other, 1);
	holds(SOMAX, "1000");
	holds(RMEM, FIRST);
}
END_TEST

/* By hand in between: that, and not what was before it, is the host's. */
START_TEST(what_somebody_wrote_in_between_is_put_back)
{
	apply("large", large, 2);
	fake_os_set_sysctl(os, NETNS, SOMAX, "1000");
	apply("large", large, 2);
	holds(SOMAX, "8192");
	apply("none", NULL, 0);
	holds(SOMAX, "1000");
}
END_TEST

START_TEST(only_elements_that_were_changed_go_back)
{
	static const struct wish middle[] = { { RMEM "[1]", "64KiB", NULL, WISH_SET } };

	apply("large", large, 2);
	apply("middle", middle, 1);
	holds(RMEM, "4096 65536 6291456");
}
END_TEST

START_TEST(a_vector_set_whole_covers_its_elements)
{
	static const struct wish whole[] = { { RMEM, "8192 262144 8388608", NULL, WISH_SET } };

	apply("large", large, 2);
	apply("whole", whole, 1);
	holds(RMEM, "8192 262144 8388608");
	apply("large", large, 2);
	holds(RMEM, "4096 131072 67108864");
}
END_TEST

START_TEST(what_comes_next_is_worked_out_from_what_the_host_had)
{
	const struct transaction_record *earlier[HISTORY];
	struct tunable_values values = { calloc(tunable_count, sizeof(*values.values)) };
	const struct tunable *t = tunable_find(RMEM);

	ck_assert_ptr_nonnull(values.values);
	apply("large", large, 2);
	ck_assert_int_eq(succession_take_back(&place, earlier, history(earlier), &values, &e), 0);
	ck_assert_str_eq(tunable_value_of(&values, t)->text, FIRST);
	ck_assert(tunable_value_of(&values, t)->exists);
	fake_os_set_sysctl(os, NETNS, RMEM, "1 2 3");
	memset(values.values, 0, tunable_count * sizeof(*values.values));
	ck_assert_int_eq(succession_take_back(&place, earlier, history(earlier), &values, &e), 0);
	ck_assert(!tunable_value_of(&values, t)->exists);
	tunable_values_done(&values);
}
END_TEST

START_TEST(transactions_say_whose_they_are)
{
	char name[PROFILE_NAME_MAX] = "";

	apply("large", large, 2);
	apply("other", other, 1);
	ck_assert(succession_profile_of(&records[1], name));
	ck_assert_str_eq(name, "other");
	ck_assert(succession_is_profile(&records[0], BOOT, &place));
	ck_assert(!succession_is_profile(&records[0], "another boot", &place));
	ck_assert(succession_follows(&records[1], &records[0]));
	ck_assert(!succession_follows(&records[0], &records[1]));
	records[1].netns_cookie++;
	ck_assert(!succession_is_profile(&records[1], BOOT, &place));
	ck_assert(!succession_follows(&records[1], &records[0]));
	records[0].state = TRANSACTION_ROLLED_BACK;
	ck_assert(!succession_is_profile(&records[0], BOOT, &place));
	ck_assert(!profile_of_why("by hand", name));
	ck_assert(!profile_of_why("profile ", name));
	ck_assert(!profile_of_why("RCV-02 receive-buffer-capped", name));
	ck_assert(profile_of_why("profile a-b.c, by hand", name));
	ck_assert_str_eq(name, "a-b.c");
}
END_TEST

static const struct {
	const char *why, *name, *inputs; /* each with a newline */
} whys[] = {
	{ "profile bulk-wan", "bulk-wan", "" },
	{ "profile bulk-wan (rtt=180ms)", "bulk-wan", "rtt=180ms\n" },
	{ "profile bulk-wan (rtt=180ms, rate=1Gbit, flows=1): back to what was before others",
	  "bulk-wan", "rtt=180ms\nrate=1Gbit\nflows=1\n" },
	{ "profile bulk-wan ()", "bulk-wan", "" },
	{ "profile bulk-wan (rtt=180ms", "bulk-wan", "" },
	{ "profile bulk-wan (rtt=180ms, fl", "bulk-wan", "rtt=180ms\n" },
};

START_TEST(a_why_names_profile_and_inputs)
{
	char name[PROFILE_NAME_MAX], input[PROFILE_WHY_INPUTS_MAX], all[256] = "";
	size_t at = 0, used = 0;

	ck_assert(profile_of_why(whys[_i].why, name));
	ck_assert_str_eq(name, whys[_i].name);
	while (profile_input_of_why(whys[_i].why, &at, input))
		used += (size_t)snprintf(all + used, sizeof(all) - used, "%s\n", input);
	ck_assert_str_eq(all, whys[_i].inputs);
}
END_TEST

START_TEST(inputs_have_room_or_are_refused)
{
	const struct profile profile = { .name = (char[]){ "p" } };
	const struct flat_profile flat = { .profile = &profile };
	char longest[PROFILE_WHY_INPUTS_MAX], why[PLAN_WHY_MAX];
	const char *const given[] = { longest, "b=1" };
	struct resolved_profile p = { .flat = &flat, .given = given };

	ck_assert_int_eq(profile_why_format(&p, why, &e), 0);
	ck_assert_str_eq(why, "profile p");
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	p.given_count = 1;
	ck_assert_int_eq(profile_why_format(&p, why, &e), 0);
	ck_assert_uint_eq(strlen(why), strlen("profile p ()") + sizeof(longest) - 1);
	p.given_count = 2;
	ck_assert_int_eq(profile_why_format(&p, why, &e), -E2BIG);
	ck_assert_int_eq(e.kind, ERROR_INPUT);
}
END_TEST

Suite *test_succession_suite(void)
{
	Suite *s = suite_create("succession");
	TCase *tc = tcase_create("succession");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, what_only_the_earlier_set_is_put_back);
	tcase_add_test(tc, a_smaller_one_is_what_it_is_alone);
	tcase_add_test(tc, the_host_is_found_below_many);
	tcase_add_test(tc, twice_the_same_is_nothing);
	tcase_add_test(tc, what_somebody_else_wrote_is_left_alone);
	tcase_add_test(tc, what_somebody_wrote_in_between_is_put_back);
	tcase_add_test(tc, only_elements_that_were_changed_go_back);
	tcase_add_loop_test(tc, a_why_names_profile_and_inputs, 0,
			    (int)(sizeof(whys) / sizeof(whys[0])));
	tcase_add_test(tc, inputs_have_room_or_are_refused);
	tcase_add_test(tc, a_vector_set_whole_covers_its_elements);
	tcase_add_test(tc, what_comes_next_is_worked_out_from_what_the_host_had);
	tcase_add_test(tc, transactions_say_whose_they_are);
	suite_add_tcase(s, tc);
	return s;
}
