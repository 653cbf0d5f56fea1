/* This file alone may include <linux/tcp.h>: it compares our copy of the layout with it. */
#include "host/tcpinfo.h"

#include <check.h>
#include <linux/tcp.h>
#include <string.h>

Suite *test_tcpinfo_suite(void);

/* Fields that every kernel header since Linux 5.4 has; later ones are checked by the static
 * assertions of tcpinfo.h, which tie the tail to the whole size. */
#define FIELDS(X)          \
	X(state)           \
	X(ca_state)        \
	X(retransmits)     \
	X(probes)          \
	X(backoff)         \
	X(options)         \
	X(rto)             \
	X(ato)             \
	X(snd_mss)         \
	X(rcv_mss)         \
	X(unacked)         \
	X(sacked)          \
	X(lost)            \
	X(retrans)         \
	X(fackets)         \
	X(last_data_sent)  \
	X(last_ack_sent)   \
	X(last_data_recv)  \
	X(last_ack_recv)   \
	X(pmtu)            \
	X(rcv_ssthresh)    \
	X(rtt)             \
	X(rttvar)          \
	X(snd_ssthresh)    \
	X(snd_cwnd)        \
	X(advmss)          \
	X(reordering)      \
	X(rcv_rtt)         \
	X(rcv_space)       \
	X(total_retrans)   \
	X(pacing_rate)     \
	X(max_pacing_rate) \
	X(bytes_acked)     \
	X(bytes_received)  \
	X(segs_out)        \
	X(segs_in)         \
	X(notsent_bytes)   \
	X(min_rtt)         \
	X(data_segs_in)    \
	X(data_segs_out)   \
	X(delivery_rate)   \
	X(busy_time)       \
	X(rwnd_limited)    \
	X(sndbuf_limited)  \
	X(delivered)       \
	X(delivered_ce)    \
	X(bytes_sent)      \
	X(bytes_retrans)   \
	X(dsack_dups)      \
	X(reord_seen)      \
	X(rcv_ooopack)     \
	X(snd_wnd)

START_TEST(layout_is_that_of_the_kernel_header)
{
#define CHECK_FIELD(field)                                                                        \
	ck_assert_msg(offsetof(struct tcpinfo, field) == offsetof(struct tcp_info, tcpi_##field), \
		      "%s is misplaced", #field);                                                 \
	ck_assert_msg(sizeof(((struct tcpinfo *)NULL)->field) ==                                  \
			      sizeof(((struct tcp_info *)NULL)->tcpi_##field),                    \
		      "%s has another size", #field);
	FIELDS(CHECK_FIELD)
#undef CHECK_FIELD
}
END_TEST

START_TEST(bit_fields_read_as_the_compiler_places_them)
{
	struct tcp_info kernel = { .tcpi_snd_wscale = 7,
				   .tcpi_rcv_wscale = 13,
				   .tcpi_delivery_rate_app_limited = 1 };
	struct tcpinfo ours;

	memcpy(&ours, &kernel, 8);
	ck_assert_uint_eq(tcpinfo_snd_wscale(&ours), 7);
	ck_assert_uint_eq(tcpinfo_rcv_wscale(&ours), 13);
	ck_assert(tcpinfo_app_limited(&ours));

	kernel.tcpi_delivery_rate_app_limited = 0;
	kernel.tcpi_fastopen_client_fail = 3;
	memcpy(&ours, &kernel, 8);
	ck_assert(!tcpinfo_app_limited(&ours));
}
END_TEST

START_TEST(a_field_is_there_only_when_its_last_byte_is)
{
	ck_assert(!tcpinfo_has(0, state));
	ck_assert(tcpinfo_has(1, state));
	ck_assert(!tcpinfo_has(103, total_retrans));
	ck_assert(tcpinfo_has(104, total_retrans));
	ck_assert(!tcpinfo_has(232, rcv_wnd));
	ck_assert(!tcpinfo_has(235, rcv_wnd));
	ck_assert(tcpinfo_has(236, rcv_wnd));
	ck_assert(!tcpinfo_has(279, accecn_opt_seen));
	ck_assert(tcpinfo_has(280, accecn_opt_seen));
}
END_TEST

START_TEST(enums_are_the_kernels)
{
	ck_assert_int_eq((int)TCPINFO_CA_OPEN, (int)TCP_CA_Open);
	ck_assert_int_eq((int)TCPINFO_CA_DISORDER, (int)TCP_CA_Disorder);
	ck_assert_int_eq((int)TCPINFO_CA_CWR, (int)TCP_CA_CWR);
	ck_assert_int_eq((int)TCPINFO_CA_RECOVERY, (int)TCP_CA_Recovery);
	ck_assert_int_eq((int)TCPINFO_CA_LOSS, (int)TCP_CA_Loss);
	ck_assert_int_eq(TCPINFO_OPTION_TIMESTAMPS, TCPI_OPT_TIMESTAMPS);
	ck_assert_int_eq(TCPINFO_OPTION_SACK, TCPI_OPT_SACK);
	ck_assert_int_eq(TCPINFO_OPTION_WSCALE, TCPI_OPT_WSCALE);
	ck_assert_int_eq(TCPINFO_OPTION_ECN, TCPI_OPT_ECN);
	ck_assert_int_eq(TCPINFO_OPTION_ECN_SEEN, TCPI_OPT_ECN_SEEN);
	ck_assert_int_eq(TCPINFO_OPTION_SYN_DATA, TCPI_OPT_SYN_DATA);
}
END_TEST

Suite *test_tcpinfo_suite(void)
{
	Suite *suite = suite_create("tcpinfo");
	TCase *tc = tcase_create("tcpinfo");

	tcase_add_test(tc, layout_is_that_of_the_kernel_header);
	tcase_add_test(tc, bit_fields_read_as_the_compiler_places_them);
	tcase_add_test(tc, a_field_is_there_only_when_its_last_byte_is);
	tcase_add_test(tc, enums_are_the_kernels);
	suite_add_tcase(suite, tc);
	return suite;
}
