/* How adapters hand over what they receive: answers of ethtool, and texts of /sys and /proc. */
#include "fake_source.h"
#include "host/link_hardware.h"
#include "netlink_message.h"

#include <check.h>
#include <errno.h>
#include <linux/ethtool_netlink.h>
#include <linux/genetlink.h>
#include <string.h>

Suite *test_link_hardware_suite(void);

#define ANSWER_TYPE 20 /* any id above the reserved ones: the kernel assigns it */

static struct source *s;
static struct link_info links[3];
static struct link_table table;

static void set_up(void)
{
	s = fake_source_new();
	memset(links, 0, sizeof(links));
	links[0] = (struct link_info){ .ifindex = 1, .name = "lo", .up = true, .loopback = true };
	links[1] = (struct link_info){ .ifindex = 2, .name = "eth0", .up = true };
	links[2] = (struct link_info){ .ifindex = 3, .name = "eth0b", .up = true, .kind = "vlan" };
	table = (struct link_table){ .links = links, .count = 3 };
}

static void tear_down(void)
{
	source_free(s);
}

static void begin(struct netlink_message *m, uint32_t ifindex)
{
	const struct genlmsghdr head = { .version = 1 };
	size_t nest;

	netlink_message_begin(m, ANSWER_TYPE, &head, sizeof(head));
	nest = netlink_message_nest(m, ETHTOOL_A_RINGS_HEADER);
	netlink_message_put_u32(m, ETHTOOL_A_HEADER_DEV_INDEX, ifindex);
	netlink_message_unnest(m, nest);
}

static void answer(const char *request, struct netlink_message *m)
{
	netlink_message_done(m);
	fake_source_begin_answer(s, request);
	fake_source_add_datagram(s, request, m->data, m->len);
	memset(m, 0, sizeof(*m));
}

static void put_channels(struct netlink_message *m)
{
	begin(m, 2);
	netlink_message_put_u32(m, ETHTOOL_A_CHANNELS_RX_MAX, 2);
	netlink_message_put_u32(m, ETHTOOL_A_CHANNELS_COMBINED_MAX, 8);
	netlink_message_put_u32(m, ETHTOOL_A_CHANNELS_RX_COUNT, 1);
	netlink_message_put_u32(m, ETHTOOL_A_CHANNELS_COMBINED_COUNT, 3);
}

START_TEST(what_the_driver_tells)
{
	const struct link_hardware *h = &links[1].hardware;
	const uint8_t on = 1;
	struct netlink_message m = { 0 };

	begin(&m, 9); /* a link that came meanwhile */
	netlink_message_put_u32(&m, ETHTOOL_A_RINGS_RX, 77);
	begin(&m, 2);
	netlink_message_put_u32(&m, ETHTOOL_A_RINGS_RX_MAX, 4096);
	netlink_message_put_u32(&m, ETHTOOL_A_RINGS_RX, 512);
	answer("ethtool/rings", &m);
	put_channels(&m);
	answer("ethtool/channels", &m);
	begin(&m, 2);
	netlink_message_put_u32(&m, ETHTOOL_A_COALESCE_RX_USECS, 100);
	netlink_message_put(&m, ETHTOOL_A_COALESCE_USE_ADAPTIVE_RX, &on, sizeof(on));
	answer("ethtool/coalesce", &m);
	ck_assert_int_eq(link_hardware_read(s, &table), 0);
	ck_assert(h->rings_known && h->queues_known && h->delay_known && h->delay_adapts);
	ck_assert_uint_eq(h->rx_ring, 512);
	ck_assert_uint_eq(h->rx_ring_max, 4096);
	ck_assert_uint_eq(h->queues, 4);
	ck_assert_uint_eq(h->queues_max, 10);
	ck_assert_uint_eq(h->rx_delay_us, 100);
	ck_assert(!links[0].hardware.rings_known && !links[2].hardware.queues_known);
}
END_TEST

START_TEST(a_repeated_answer_counts_once)
{
	struct netlink_message m = { 0 };

	put_channels(&m);
	netlink_message_last(&m)->nlmsg_flags |= NLM_F_DUMP_INTR;
	answer("ethtool/channels", &m);
	put_channels(&m);
	answer("ethtool/channels", &m);
	ck_assert_int_eq(link_hardware_read(s, &table), 0);
	ck_assert_uint_eq(links[1].hardware.queues, 4);
}
END_TEST

START_TEST(what_is_not_told_is_unknown)
{
	struct netlink_message m = { 0 };

	fake_source_fail_request(s, "ethtool/rings", -EOPNOTSUPP);
	fake_source_fail_request(s, "ethtool/channels", -ENODATA);
	begin(&m, 2); /* without rx-usecs */
	netlink_message_put_u32(&m, ETHTOOL_A_COALESCE_TX_USECS, 100);
	answer("ethtool/coalesce", &m);
	ck_assert_int_eq(link_hardware_read(s, &table), 0);
	ck_assert_int_eq(link_steering_read(s, &table), 0);
	for (size_t i = 0; i < table.count; i++) {
		const struct link_hardware *h = &links[i].hardware;

		ck_assert(!h->rings_known && !h->queues_known && !h->delay_known);
		ck_assert(!h->rps_known && !h->xps_known && !h->interrupts_known);
	}
}
END_TEST

START_TEST(steering)
{
	const struct link_hardware *h = &links[1].hardware;

	links[1].hardware.queues_known = true;
	links[1].hardware.queues = 2;
	fake_source_add_file(s, "/sys/class/net/eth0/queues/rx-0/rps_cpus", "00000000,0000000f\n");
	fake_source_add_file(s, "/sys/class/net/eth0/queues/rx-1/rps_cpus", "00000001,000000f0\n");
	fake_source_add_file(s, "/sys/class/net/eth0/queues/rx-2/rps_cpus",
			     "ff\n"); /* not in use */
	fake_source_add_file(s, "/sys/class/net/eth0/queues/tx-0/xps_cpus", "0\n");
	fake_source_add_file(s, "/sys/class/net/eth0b/queues/rx-0/rps_cpus", "3\n");
	ck_assert_int_eq(link_steering_read(s, &table), 0);
	ck_assert(h->rps_known && h->xps_known);
	ck_assert_uint_eq(h->rps_cpus, 5);
	ck_assert_uint_eq(h->xps_cpus, 0);
	ck_assert(!links[2].hardware.rps_known); /* no hardware */
}
END_TEST

static const char interrupts[] =
	"           CPU0       CPU1\n"
	"  1:          9          0   IO-APIC    1-edge      i8042\n"
	" 24:    1234567          0   PCI-MSI 524288-edge      eth0\n"
	" 25:          0        345   PCI-MSI 524289-edge      eth0-TxRx-0\n"
	" 26:          0        345   PCI-MSI 524290-edge      i40e-eth0-TxRx-1\n"
	" 27:          0        345   PCI-MSI 524291-edge      eth0b-TxRx-0\n"
	" 28:          0        345   PCI-MSI 524292-edge      veth0\n"
	"NMI:          0          0   Non-maskable interrupts eth0\n";

static void add_affinity(const char *of25)
{
	fake_source_add_file(s, "/proc/interrupts", interrupts);
	fake_source_add_file(s, "/proc/irq/24/effective_affinity_list", "0\n");
	fake_source_add_file(s, "/proc/irq/25/effective_affinity_list", of25);
	fake_source_add_file(s, "/proc/irq/26/effective_affinity_list", "0\n");
}

START_TEST(interrupts_by_name)
{
	add_affinity("0,2-3\n");
	ck_assert_int_eq(link_steering_read(s, &table), 0);
	ck_assert(links[1].hardware.interrupts_known);
	ck_assert_uint_eq(links[1].hardware.interrupts, 3);
	ck_assert_uint_eq(links[1].hardware.interrupt_cpus, 3);
}
END_TEST

START_TEST(an_affinity_that_is_none)
{
	add_affinity("0-\n");
	ck_assert_int_eq(link_steering_read(s, &table), 0);
	ck_assert(!links[1].hardware.interrupts_known);
}
END_TEST

START_TEST(masks)
{
	static const struct {
		const char *text;
		int count;
	} all[] = {
		{ "0\n", 0 },
		{ "f", 4 },
		{ "ffffffff,ffffffff\n", 64 },
		{ "00000000,80000001\n", 2 },
		{ "\n", -EINVAL },
		{ "", -EINVAL },
		{ "0x3\n", -EINVAL },
		{ "3 4\n", -EINVAL },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		uint32_t count = 0;
		int r = link_mask_count(all[i].text, strlen(all[i].text), &count);

		ck_assert_int_eq(r < 0 ? r : (int)count, all[i].count);
	}
}
END_TEST

Suite *test_link_hardware_suite(void)
{
	Suite *suite = suite_create("link_hardware");
	TCase *tc = tcase_create("link_hardware");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, what_the_driver_tells);
	tcase_add_test(tc, a_repeated_answer_counts_once);
	tcase_add_test(tc, what_is_not_told_is_unknown);
	tcase_add_test(tc, steering);
	tcase_add_test(tc, interrupts_by_name);
	tcase_add_test(tc, an_affinity_that_is_none);
	tcase_add_test(tc, masks);
	suite_add_tcase(suite, tc);
	return suite;
}
