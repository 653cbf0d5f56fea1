#include "measure/metric.h"

#include "measure/observer.h"
#include "measure/reason.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *test_metric_suite(void);

START_TEST(the_catalogue_is_sorted_and_complete)
{
	for (size_t i = 0; i < metric_count; i++) {
		const struct metric *m = &metrics[i];

		ck_assert_msg(i == 0 || strcmp(metrics[i - 1].name, m->name) < 0, "%s", m->name);
		ck_assert_msg(strchr(m->name, '.') != NULL, "%s", m->name);
		ck_assert_msg(strspn(m->name, "abcdefghijklmnopqrstuvwxyz0123456789_.") ==
				      strlen(m->name),
			      "%s", m->name);
		ck_assert_msg((unsigned int)m->unit < UNITS, "%s", m->name);
		ck_assert_msg(m->source != NULL && m->source[0] != '\0', "%s", m->name);
		ck_assert_msg(m->meaning != NULL && strlen(m->meaning) > 10, "%s", m->name);
		ck_assert_msg(m->meaning[strlen(m->meaning) - 1] == '.', "%s", m->name);
		ck_assert_msg(m->get != NULL, "%s", m->name);
		ck_assert_ptr_eq(metric_find(m->name), m);
	}
	ck_assert_ptr_null(metric_find("path.nonsense"));
	ck_assert_ptr_null(metric_find(""));
}
END_TEST

START_TEST(the_prefix_says_the_entity)
{
	static const char *const prefixes[] = { NULL,	 "path.",	"flow.", "listener.",
						"link.", "udp_socket.", "cpu.",	 "process.",
						"peer.", "owner." };

	for (size_t i = 0; i < metric_count; i++) {
		enum entity_kind expected = ENTITY_HOST;

		for (unsigned int k = ENTITY_PATH; k < ENTITY_KINDS; k++)
			if (strncmp(metrics[i].name, prefixes[k], strlen(prefixes[k])) == 0)
				expected = (enum entity_kind)k;
		ck_assert_msg(metrics[i].entity == expected, "%s", metrics[i].name);
	}
}
END_TEST

/* Texts belong to text metrics, numbers are finite, and every unknown says why. */
static void check_value(const struct metric *m, struct value v)
{
	switch (v.kind) {
	case VALUE_NUMBER:
		ck_assert_msg(isfinite(v.number) && m->unit != UNIT_TEXT, "%s", m->name);
		break;
	case VALUE_TEXT:
		ck_assert_msg(v.text != NULL && m->unit == UNIT_TEXT, "%s", m->name);
		break;
	case VALUE_UNKNOWN:
		ck_assert_msg(v.text != NULL && v.text[0] != '\0', "%s", m->name);
		break;
	default:
		ck_abort_msg("%s", m->name);
	}
}

static void check_all(const struct observation *o, const struct path_stats *path,
		      const struct flow_stats *flow)
{
	static const struct listener_stats listener;
	static const struct link_stats link;
	static const struct udp_socket_stats udp;
	static const struct cpu_stats cpu;
	static const struct process_info process;
	static const struct peer_stats peer;
	static const struct owner_stats owner;
	const void *const entities[ENTITY_KINDS] = { o,	   path, flow,	   &listener, &link,
						     &udp, &cpu, &process, &peer,     &owner };

	for (size_t i = 0; i < metric_count; i++)
		check_value(&metrics[i], metric_get(&metrics[i], o, entities[metrics[i].entity]));
}

START_TEST(everything_can_be_asked_of_an_empty_observation)
{
	struct observation o = { 0 };
	struct path_stats path = { .link = UINT32_MAX, .limiter_share = NAN };
	struct flow_stats flow = { 0 };

	check_all(&o, &path, &flow);
	path.info_len = flow.info_len = o.info_len = sizeof(struct tcpinfo);
	check_all(&o, &path, &flow);
	for (size_t i = 0; i < metric_count; i++)
		if (metrics[i].entity != ENTITY_HOST)
			ck_assert_int_eq(metric_get(&metrics[i], &o, NULL).kind, VALUE_UNKNOWN);
}
END_TEST

static struct value get(const char *name, const struct observation *o, const void *entity)
{
	const struct metric *m = metric_find(name);

	ck_assert_msg(m != NULL, "%s", name);
	return metric_get(m, o, entity);
}

static void check_number(const char *name, const struct observation *o, const void *entity,
			 double expected)
{
	struct value v = get(name, o, entity);

	ck_assert_msg(v.kind == VALUE_NUMBER, "%s: %s", name, v.text);
	ck_assert_msg(fabs(v.number - expected) <= 1e-9 * fabs(expected), "%s: %g", name, v.number);
}

static void check_unknown(const char *name, const struct observation *o, const void *entity,
			  const char *reason)
{
	struct value v = get(name, o, entity);

	ck_assert_msg(v.kind == VALUE_UNKNOWN, "%s", name);
	ck_assert_msg(strstr(v.text, reason) != NULL, "%s: %s", name, v.text);
}

static void set_counter(struct observation *o, enum counter c, uint64_t first, uint64_t last)
{
	o->first.known[c] = o->last.known[c] = true;
	o->first.value[c] = first;
	o->last.value[c] = last;
	o->gauge_max[c] = last > first ? last : first;
}

START_TEST(counters_become_gains_and_rates)
{
	struct observation o = { .seconds = 10, .samples = 11 };

	set_counter(&o, COUNTER_LISTEN_OVERFLOWS, 100, 150);
	check_number("tcp.listen_overflows", &o, &o, 50);
	check_number("tcp.listen_overflow_rate", &o, &o, 5);
	set_counter(&o, COUNTER_ORIG_DATA_SENT, 0, 990);
	set_counter(&o, COUNTER_TCP_RETRANS_SEGS, 0, 10);
	check_number("tcp.retransmit_ratio", &o, &o, 0.01);
	set_counter(&o, COUNTER_CPU_TOTAL, 1000, 3000);
	set_counter(&o, COUNTER_CPU_IDLE, 500, 2000);
	check_number("host.cpu_busy", &o, &o, 0.25);
	set_counter(&o, COUNTER_PSI_MEMORY_US, 0, 1000000);
	check_number("host.psi_memory_some", &o, &o, 0.1);
	set_counter(&o, COUNTER_MEMORY_PRESSURE_MS, 0, 500);
	check_number("tcp.memory_pressure_time", &o, &o, 0.5);
	set_counter(&o, COUNTER_SOCKETS_TCP_MEMORY, 900, 300); /* the highest counts */
	set_counter(&o, COUNTER_TCP_MEM_PRESSURE, 1000, 1000);
	set_counter(&o, COUNTER_TCP_MEM_HIGH, 3000, 3000);
	check_number("tcp.memory", &o, &o, 900);
	check_number("tcp.memory_share_of_pressure", &o, &o, 0.9);
	check_number("tcp.memory_share_of_limit", &o, &o, 0.3);
}
END_TEST

START_TEST(what_counters_cannot_tell_is_unknown)
{
	struct observation o = { .seconds = 10, .samples = 11 };

	check_unknown("tcp.listen_overflows", &o, &o, "not read");
	(void)snprintf(o.last.file_reason[COUNTER_FILE_NETSTAT], 96, "permission denied");
	ck_assert_int_eq(reasons_write(&o), 0);
	check_unknown("tcp.listen_overflows", &o, &o, "permission denied");
	check_unknown("tcp.receive_queue_drops", &o, &o, "permission denied");
	set_counter(&o, COUNTER_LISTEN_OVERFLOWS, 100, 50);
	check_unknown("tcp.listen_overflows", &o, &o, "reset");
	set_counter(&o, COUNTER_ORIG_DATA_SENT, 5, 5);
	set_counter(&o, COUNTER_TCP_RETRANS_SEGS, 5, 5);
	check_unknown("tcp.retransmit_ratio", &o, &o, "no data was sent");
	o.seconds = 0;
	set_counter(&o, COUNTER_LISTEN_OVERFLOWS, 50, 50);
	check_unknown("tcp.listen_overflows", &o, &o, "single sample");
	free(o.reasons);
}
END_TEST

static struct path_stats some_path(void)
{
	return (struct path_stats){
		.link = UINT32_MAX,
		.info_len = sizeof(struct tcpinfo),
		.flows = 4,
		.senders = 3,
		.no_sack = 1,
		.goodput = 1e6,
		.peak_goodput = 2e6,
		.min_rtt_us = 50000,
		.requests = 40,
		.samples = { .sending = 20, .sndbuf_full = 15, .cwnd_limited = 5 },
		.sum = { .bytes_sent = 1000000,
			 .bytes_retrans = 10000,
			 .busy_us = 1000000,
			 .rwnd_limited_us = 250000 },
		.limiter_share = NAN,
	};
}

START_TEST(paths_give_shares_and_products)
{
	struct observation o = { .seconds = 10, .samples = 11, .info_len = 280, .flow_count = 4 };
	struct path_stats p = some_path();

	check_number("path.sndbuf_full_share", &o, &p, 0.75);
	check_number("path.cwnd_limited_share", &o, &p, 0.25);
	check_number("path.rwnd_limited_share", &o, &p, 0.25);
	check_number("path.retransmit_ratio", &o, &p, 0.01);
	check_number("path.no_sack_share", &o, &p, 0.25);
	check_number("path.min_rtt", &o, &p, 0.05);
	check_number("path.bdp", &o, &p, 100000);
	check_number("path.target_rate", &o, &p, 8e6 / 3);
	check_number("path.request_rate", &o, &p, 4);
	check_number("path.sndbuf_constant", &o, &p, 0);
	check_unknown("path.unread_high_share", &o, &p, "no receiving samples");
	check_unknown("path.rcvbuf_constant", &o, &p, "no receiving samples");
	check_unknown("path.rcvbuf_p95", &o, &p, "no receiving samples");
	check_unknown("path.limiter_share", &o, &p, "no data moved");
	p.sndbuf_full_flows = 2;
	p.sndbuf_constant_flows = 1;
	check_number("path.sndbuf_constant", &o, &p, 0);
	p.sndbuf_constant_flows = 2;
	check_number("path.sndbuf_constant", &o, &p, 1);
	check_unknown("path.sender_pid", &o, &p, "no flow sent for long");
	check_unknown("path.receiver_pid", &o, &p, "no flow received all the time");
	p.sender_pid = PATH_HOLDER_UNKNOWN;
	check_unknown("path.sender_pid", &o, &p, "not known");
	p.sender_pid = PATH_SEVERAL_HOLDERS;
	check_unknown("path.sender_pid", &o, &p, "several processes");
	p.sender_pid = 812;
	p.receiver_pid = 900;
	check_number("path.sender_pid", &o, &p, 812);
	check_number("path.receiver_pid", &o, &p, 900);
	check_unknown("path.rcv_wscale_full_share", &o, &p, "no receiving samples");
	p.samples.receiving = 4;
	p.samples.wscale_full = 3;
	check_number("path.rcv_wscale_full_share", &o, &p, 0.75);
	p.samples.sending = 0;
	check_unknown("path.sndbuf_full_share", &o, &p, "no sending samples");
	check_unknown("path.sndbuf_constant", &o, &p, "no sending samples");
}
END_TEST

START_TEST(the_links_rate_bounds_the_target)
{
	struct link_stats links[1] = { { .last = { .speed = 2.5e6, .name = "eth0" } } };
	struct observation o = { .seconds = 10, .links = links, .link_count = 1 };
	struct path_stats p = some_path();

	check_unknown("path.link_rate", &o, &p, "not known");
	p.link = 0;
	check_number("path.link_rate", &o, &p, 2.5e6);
	check_number("path.target_rate", &o, &p, 2.5e6);
	check_number("path.utilisation", &o, &p, 0.4);
	ck_assert_str_eq(get("path.link", &o, &p).text, "eth0");
	links[0].last.speed = 0; /* virtio: left out, never propagated */
	check_unknown("path.link_rate", &o, &p, "speed");
	check_number("path.target_rate", &o, &p, 8e6 / 3);
}
END_TEST

START_TEST(mathis_needs_losses)
{
	struct observation o = { .seconds = 10 };
	struct path_stats p = some_path();

	check_unknown("path.mathis_rate", &o, &p, "no sending samples");
	ck_assert_int_eq(quantiles_add(&p.srtt, 0.1), 0);
	ck_assert_int_eq(quantiles_add(&p.mss, 1448), 0);
	check_number("path.mathis_rate", &o, &p, 1.22 * 1448 / (0.1 * 0.1));
	p.sum.bytes_retrans = 0;
	check_unknown("path.mathis_rate", &o, &p, "nothing was lost");
	quantiles_done(&p.srtt);
	quantiles_done(&p.mss);
}
END_TEST

START_TEST(an_old_kernels_gaps_are_named)
{
	struct observation o = { .seconds = 10,
				 .flow_count = 4,
				 .info_len = offsetof(struct tcpinfo, snd_wnd) };
	struct path_stats p = some_path();

	p.info_len = o.info_len;
	ck_assert_int_eq(reasons_write(&o), 0);
	check_unknown("path.sndbuf_full_share", &o, &p,
		      "this kernel's tcp_info (228 bytes) has no snd_wnd");
	check_unknown("path.snd_wnd_p50", &o, &p, "has no snd_wnd");
	check_unknown("path.window_use", &o, &p, "has no snd_wnd");
	check_number("path.retransmit_ratio", &o, &p, 0.01);
	p.info_len = o.info_len = 104;
	check_unknown("path.goodput", &o, &p, "has no bytes_received");
	check_unknown("path.rwnd_limited_share", &o, &p, "has no sndbuf_limited");
	check_unknown("tcp.goodput", &o, &o, "has no bytes_received");
	o.flow_count = 0;
	check_number("tcp.goodput", &o, &o, 0); /* nothing flows: no field is needed */
	free(o.reasons);
}
END_TEST

START_TEST(links_count_over_the_window)
{
	struct observation o = { .seconds = 10 };
	struct link_stats l = {
		.first = { .rx_packets = 100, .rx_bytes = 1000, .tx_dropped = 9 },
		.last = { .rx_packets = 190,
			  .rx_dropped = 10,
			  .rx_bytes = 101000,
			  .speed = 1e5,
			  .tx_dropped = 4 },
		.seconds = 10,
	};

	check_number("link.rx_rate", &o, &l, 10000);
	check_number("link.utilisation", &o, &l, 0.1);
	check_number("link.rx_drop_ratio", &o, &l, 0.1);
	check_number("link.tx_dropped", &o, &l, 0); /* reset */
	check_unknown("link.tx_drop_ratio", &o, &l, "no packet");
	check_unknown("link.qdisc_drops", &o, &l, "no statistics");
	l.seconds = 0;
	check_unknown("link.rx_rate", &o, &l, "single sample");
	check_unknown("link.utilisation", &o, &l, "single sample");
}
END_TEST

START_TEST(listeners_compare_their_queue_with_the_backlog)
{
	struct observation o = { 0 };
	struct listener_stats l = {
		.backlog = 5, .queue_max = 6, .samples = 10, .full_samples = 3
	};

	check_number("listener.queue_share_max", &o, &l, 1.2);
	check_number("listener.full_share", &o, &l, 0.3);
	check_unknown("listener.process", &o, &l, "not known");
	l.backlog = 0;
	l.queue_max = 1;
	check_number("listener.queue_share_max", &o, &l, 1);
}
END_TEST

/* What a loss-based flow and bbr do after idle time. */
START_TEST(idle_restarts_are_counted_where_they_matter)
{
	struct observation o = { .seconds = 10, .info_len = 280 };
	struct socket_info s = { .info_len = 280, .info = { .rto = 200000 } };

	ck_assert_int_eq(flow_table_new(&o.flows), 0);
	ck_assert_int_eq(flow_round_begin(o.flows, 1), 0);
	flow_round_end(o.flows, true);
	ck_assert_int_eq(flow_round_begin(o.flows, 1000000001), 0);
	for (uint64_t i = 1; i <= 3; i++) {
		s.cookie = i;
		s.info.bytes_acked = 10;
		(void)snprintf(s.congestion, sizeof(s.congestion), i == 3 ? "bbr" : "cubic");
		ck_assert_int_eq(flow_observe(o.flows, &s), 0);
	}
	flow_round_end(o.flows, true);
	o.flow_count = 3;
	flow_table_stats(o.flows, 0)->idle_restarts = 2;
	flow_table_stats(o.flows, 1)->idle_restarts = 1;
	flow_table_stats(o.flows, 2)->idle_restarts = 9;
	check_number("tcp.idle_restart_share", &o, &o, 0.5);
	o.flow_count = 0;
	check_unknown("tcp.idle_restart_share", &o, &o, "no flow sent");
	flow_table_free(o.flows);
}
END_TEST

START_TEST(counter_rows_name_their_counter)
{
	static const struct {
		const char *metric;
		enum counter counter;
	} rows[] = {
		{ "tcp.listen_drops", COUNTER_LISTEN_DROPS },
		{ "tcp.timeouts", COUNTER_TIMEOUTS },
		{ "tcp.prune_called_rate", COUNTER_PRUNE_CALLED },
		{ "udp.rcvbuf_errors", COUNTER_UDP_RCVBUF_ERRORS },
		{ "softnet.squeezed", COUNTER_SOFTNET_SQUEEZED },
		{ "host.memory_total", COUNTER_MEMORY_TOTAL },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert_int_eq(metric_find(rows[i].metric)->argument, (int)rows[i].counter);
		ck_assert_str_eq(metric_find(rows[i].metric)->source,
				 counter_origin(rows[i].counter));
	}
}
END_TEST

Suite *test_metric_suite(void)
{
	Suite *s = suite_create("metric");
	TCase *tc = tcase_create("metric");

	tcase_add_test(tc, the_catalogue_is_sorted_and_complete);
	tcase_add_test(tc, the_prefix_says_the_entity);
	tcase_add_test(tc, everything_can_be_asked_of_an_empty_observation);
	tcase_add_test(tc, counters_become_gains_and_rates);
	tcase_add_test(tc, what_counters_cannot_tell_is_unknown);
	tcase_add_test(tc, paths_give_shares_and_products);
	tcase_add_test(tc, the_links_rate_bounds_the_target);
	tcase_add_test(tc, mathis_needs_losses);
	tcase_add_test(tc, an_old_kernels_gaps_are_named);
	tcase_add_test(tc, links_count_over_the_window);
	tcase_add_test(tc, listeners_compare_their_queue_with_the_backlog);
	tcase_add_test(tc, idle_restarts_are_counted_where_they_matter);
	tcase_add_test(tc, counter_rows_name_their_counter);
	suite_add_tcase(s, tc);
	return s;
}
