/* Connections of a machine in memory, for the tests of the kind "socket". */
#ifndef NETWRIGHT_TESTS_UNIT_SOCKET_FIXTURE_H
#define NETWRIGHT_TESTS_UNIT_SOCKET_FIXTURE_H

#include "fake_os.h"
#include "kind_fixture.h"
#include "tunables/socket.h"

#include <check.h>
#include <netinet/tcp.h>

#define SERVICE "/system.slice/nginx.service"
#define BLUE	4102

/* Connections 11 to 13 are of the initial namespace, 14 of another; 12 is shared by fork, 15 is a
 * listening socket. */
static inline struct os *machine(struct place *ret_place)
{
	struct os *os = fake_os_new();
	struct error e = { 0 };

	fake_os_add_netns(os, "blue", BLUE);
	fake_os_add_process(os, 811, "nginx", 173528, 1, SERVICE);
	fake_os_add_process(os, 812, "nginx", 173529, 1, SERVICE);
	fake_os_add_process(os, 900, "a) b (c", 180000, BLUE, "/user.slice");
	fake_os_add_socket(os, 11, 1, 443, "198.51.100.7", 40001);
	fake_os_add_socket(os, 12, 1, 443, "198.51.100.8", 40002);
	fake_os_add_socket(os, 13, 1, 40003, "203.0.113.9", 443);
	fake_os_add_socket(os, 14, BLUE, 40004, "198.51.100.7", 443);
	fake_os_add_socket(os, 15, 1, 443, "0.0.0.0", 0)->state = TCP_LISTEN;
	fake_os_hold_socket(os, 812, 3, FAKE_NO_SOCKET);
	fake_os_hold_socket(os, 812, 7, 11);
	fake_os_hold_socket(os, 812, 9, 12);
	fake_os_hold_socket(os, 811, 20, 12);
	fake_os_hold_socket(os, 811, 21, 12);
	fake_os_hold_socket(os, 811, 6, 15);
	fake_os_hold_socket(os, 900, 5, 13);
	fake_os_hold_socket(os, 900, 6, 14);
	fake_os_add_sysctl(os, 0, "net.ipv4.tcp_available_congestion_control", "reno cubic bbr\n");
	fake_os_add_file(os, "/proc/thread-self/status", "Name:\tx\nCapEff:\t000001ffffffffff\n");
	ck_assert_int_eq(place_open(os, NULL, ret_place, &e), 0);
	return os;
}

static inline struct target resolved(const struct place *p, const char *name)
{
	return kind_resolved(&socket_kind, p, name);
}

#endif
