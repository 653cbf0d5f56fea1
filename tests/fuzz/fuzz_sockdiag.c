/* Any bytes as the datagram that answers a netlink request: sockets, links, qdiscs, speeds, routes.
 * What was decoded must keep the promises of the headers. */
#include "host/links.h"
#include "host/sockdiag.h"

#include <linux/netlink.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Answers each request with one datagram. */
struct datagram_source {
	struct source source;
	const void *data;
	size_t len;
	unsigned int left;
};

static int send_nothing(struct source *s, const struct source_request *request, struct error *e)
{
	(void)request, (void)e;
	((struct datagram_source *)(void *)s)->left = 1;
	return 0;
}

static int receive_datagram(struct source *s, const void **ret_data, size_t *ret_len,
			    struct error *e)
{
	struct datagram_source *d = (struct datagram_source *)(void *)s;

	(void)e;
	if (d->left == 0)
		return 0;
	d->left--;
	*ret_data = d->data;
	*ret_len = d->len;
	return 1;
}

static void require(bool promise)
{
	if (!promise)
		abort();
}

static int check_socket(void *arg, const struct socket_info *socket)
{
	const uint8_t *info = (const uint8_t *)&socket->info;

	(void)arg;
	require(socket->info_len <= sizeof(socket->info));
	for (size_t i = socket->info_len; i < sizeof(socket->info); i++)
		require(info[i] == 0);
	require(socket->memory_fields <= SOCKET_MEMORY_FIELDS);
	for (size_t i = socket->memory_fields; i < SOCKET_MEMORY_FIELDS; i++)
		require(socket->memory[i] == 0);
	require(memchr(socket->congestion, '\0', sizeof(socket->congestion)) != NULL);
	for (const char *c = socket->congestion; *c != '\0'; c++)
		require(*c >= ' ' && *c <= '~');
	require(socket->local.family == 0 || socket->local.family == 4 ||
		socket->local.family == 6);
	return 0;
}

static void check_links(struct source *s)
{
	struct link_table table;

	(void)links_read(s, &table, NULL);
	for (size_t i = 0; i < table.count; i++) {
		const struct link_info *link = &table.links[i];

		require(i == 0 || table.links[i - 1].ifindex < link->ifindex);
		require(link_find(&table, link->ifindex) == link);
		require(memchr(link->name, '\0', sizeof(link->name)) != NULL);
		require(link->speed >= 0.0);
	}
	link_table_done(&table);
}

/* The whole input as one message, whatever length its header says. */
static void check_message(void *data, size_t size)
{
	struct socket_info socket;
	struct nlmsghdr header;

	if (size < sizeof(header))
		return;
	memcpy(&header, data, sizeof(header));
	header.nlmsg_len = (uint32_t)size;
	memcpy(data, &header, sizeof(header));
	if (sockdiag_parse(data, &socket) == 0)
		(void)check_socket(NULL, &socket);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct source_ops ops = { .request = send_nothing,
					       .receive = receive_datagram };
	const struct address address = { .family = 4, .bytes = { 192, 0, 2, 1 } };
	struct datagram_source d = { .source = { .ops = &ops }, .len = size };
	void *copy = malloc(size > 0 ? size : 1); /* aligned, as the kernel's datagrams are */
	int ifindex;

	if (copy == NULL)
		return 0;
	if (size > 0)
		memcpy(copy, data, size);
	d.data = copy;
	(void)sockdiag_dump_tcp(&d.source, AF_INET, check_socket, NULL, NULL, NULL);
	check_links(&d.source);
	ifindex = route_egress(&d.source, &address, NULL);
	require(ifindex != 0);
	check_message(copy, size);
	free(copy);
	return 0;
}
