/* What rules can be about: each kind has a row, and its entities are where the row says. */
#include "measure/observation.h"

#include <check.h>

Suite *test_entity_suite(void);

START_TEST(every_kind_has_a_name_of_its_own)
{
	for (enum entity_kind kind = 0; kind < ENTITY_KINDS; kind++) {
		ck_assert_msg(entity_kind_name(kind) != NULL, "kind %d", (int)kind);
		ck_assert_msg(entity_kind_subject(kind) != NULL, "kind %d", (int)kind);
		for (enum entity_kind other = 0; other < kind; other++) {
			ck_assert_str_ne(entity_kind_name(kind), entity_kind_name(other));
			ck_assert_str_ne(entity_kind_subject(kind), entity_kind_subject(other));
		}
	}
}
END_TEST

/* An observation with two of each kind: the second is found, and known by its name. */
START_TEST(each_kind_is_found)
{
	struct path_stats paths[2] = { { .name = "" }, { .name = "path" } };
	struct listener_stats listeners[2] = { { .name = "" }, { .name = "listener" } };
	struct link_stats links[2] = { { .last.name = "" }, { .last.name = "link" } };
	struct udp_socket_stats sockets[2] = { { .name = "" }, { .name = "udp_socket" } };
	struct cpu_stats cpus[2] = { { .name = "" }, { .name = "cpu" } };
	struct process_info processes[2] = { { .pid = 1 }, { .comm = "process", .pid = 7 } };
	struct peer_stats peers[2] = { { .name = "" }, { .name = "peer" } };
	struct owner_stats holders[2] = { { .process = "" }, { .process = "owner" } };
	const struct observation o = {
		.paths = paths,
		.path_count = 2,
		.listeners = listeners,
		.listener_count = 2,
		.links = links,
		.link_count = 2,
		.udp_worst = sockets,
		.udp_worst_count = 2,
		.cpus = cpus,
		.cpu_count = 2,
		.processes = { .processes = processes, .count = 2 },
		.peers = peers,
		.peer_count = 2,
		.holders = holders,
		.holder_count = 2,
	};
	const void *const second[ENTITY_KINDS] = {
		[ENTITY_PATH] = &paths[1], [ENTITY_LISTENER] = &listeners[1],
		[ENTITY_LINK] = &links[1], [ENTITY_UDP_SOCKET] = &sockets[1],
		[ENTITY_CPU] = &cpus[1],   [ENTITY_PROCESS] = &processes[1],
		[ENTITY_PEER] = &peers[1], [ENTITY_OWNER] = &holders[1],
	};
	char name[ENTITY_NAME_MAX];

	for (enum entity_kind kind = 0; kind < ENTITY_KINDS; kind++) {
		if (kind == ENTITY_HOST || kind == ENTITY_FLOW)
			continue;
		ck_assert_uint_eq(observation_entities(&o, kind), 2);
		ck_assert_ptr_eq(observation_entity(&o, kind, 1), second[kind]);
		ck_assert_ptr_null(observation_entity(&o, kind, 2));
		ck_assert_str_eq(observation_entity_name(&o, kind, 1, name, sizeof(name)),
				 kind == ENTITY_PROCESS ? "process (7)" : entity_kind_name(kind));
	}
}
END_TEST

Suite *test_entity_suite(void)
{
	Suite *s = suite_create("entity");
	TCase *tc = tcase_create("entity");

	tcase_add_test(tc, every_kind_has_a_name_of_its_own);
	tcase_add_test(tc, each_kind_is_found);
	suite_add_tcase(s, tc);
	return s;
}
