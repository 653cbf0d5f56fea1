#define _GNU_SOURCE 1 /* as the -D of the Makefile: no redefinition */
#include "wanem_link.h"

#include "lab_tool.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/virtio_net.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define VNET_SIZE sizeof(struct virtio_net_hdr)
/* The largest IP packet, and its virtio header. */
#define FRAME_SIZE (VNET_SIZE + 65535)
/* 14 bytes of header and 4 of check sum; frames are padded to 64. 1448 bytes of TCP payload then
 * cost 1518 on the wire: 95.4 % is the most a flow over IPv4 can get, 94.1 % over IPv6.
 */
#define ETHERNET_OVERHEAD 18
#define ETHERNET_MIN	  64
/* A super-frame is delivered in pieces of at most this much link time: whole, its 64 KiB would take
 * 5 ms at 100 Mbit/s and arrive as one lump, with one acknowledgement.
 */
#define CHUNK_NS TOOL_NS_PER_MS

#define TCP_SEQ	  4
#define TCP_DOFF  12
#define TCP_FLAGS 13
#define TCP_CHECK 16
#define TCP_FIN	  0x01
#define TCP_PSH	  0x08
#define TCP_CWR	  0x80

/* Segments that stay together, as one frame. */
struct link_chunk {
	struct link_chunk *next;
	uint64_t due_ns;
	size_t size;
	unsigned char frame[];
};

/* A frame as read, and where its parts are. A frame that is not a super-frame is one segment that
 * is all header.
 */
struct parsed {
	const unsigned char *frame;
	size_t headers; /* virtio, IP and TCP */
	size_t payload;
	size_t tcp; /* offset of the TCP header; 0: not a super-frame */
	size_t segment_payload;
	unsigned int segments;
};

static uint64_t wire_ns(const struct link *link, size_t packet_bytes)
{
	uint64_t bytes = packet_bytes + ETHERNET_OVERHEAD;

	if (bytes < ETHERNET_MIN)
		bytes = ETHERNET_MIN;
	return (bytes * 8 * TOOL_NS_PER_S + link->config.rate_bps - 1) / link->config.rate_bps;
}

static void use_config(struct link *link, const struct link_config *config)
{
	uint64_t per_segment;

	link->config = *config;
	link->queue_ns = config->queue_bytes * 8 * TOOL_NS_PER_S / config->rate_bps;
	per_segment = wire_ns(link, 1500);
	link->chunk_segments = per_segment < CHUNK_NS ? (unsigned int)(CHUNK_NS / per_segment) : 1;
}

/* What is on the wire keeps its due time: a shorter delay does not make segments overtake. */
static void change_config(struct link *link)
{
	struct link_config config = link->other;

	link->other = link->config;
	use_config(link, &config);
}

void link_init(struct link *link, const struct link_config *config, const struct link_config *other,
	       int in_fd, int out_fd, int stop_fd)
{
	memset(link, 0, sizeof(*link));
	use_config(link, config);
	link->other = *other;
	link->in_fd = in_fd;
	link->out_fd = out_fd;
	link->stop_fd = stop_fd;
	link->random = config->seed;
}

void link_done(struct link *link)
{
	while (link->head != NULL) {
		struct link_chunk *chunk = link->head;

		link->head = chunk->next;
		free(chunk);
	}
	link->tail = NULL;
}

/* splitmix64 (Steele, Lea, Flood 2014): any seed is a good seed. */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

/* One independent draw for each segment, so the gaps between losses are geometric whatever the
 * sizes of the super-frames. (Drawing once per super-frame, or drawing a gap anew for each, loses
 * far less than asked: 0.03 % instead of 1 % was measured.)
 */
static bool is_lost(struct link *link)
{
	if (link->config.loss_ppb == 0)
		return false;
	return next_random(&link->random) % 1000000000 < link->config.loss_ppb;
}

static uint16_t load16(const unsigned char *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static void store16(unsigned char *at, size_t value)
{
	at[0] = (unsigned char)(value >> 8);
	at[1] = (unsigned char)value;
}

static uint16_t fold_sum(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* Returns 0, or -EINVAL for a super-frame that contradicts itself. */
static int parse_frame(const unsigned char *frame, size_t size, struct parsed *ret)
{
	struct virtio_net_hdr vnet;
	size_t tcp, headers;

	if (size < VNET_SIZE + sizeof(struct ip))
		return -EINVAL;
	memcpy(&vnet, frame, VNET_SIZE);
	*ret = (struct parsed){ .frame = frame, .headers = size, .segments = 1 };
	if (vnet.gso_type == VIRTIO_NET_HDR_GSO_NONE)
		return 0;
	/* A TSO frame always asks for its check sum: csum_start is where TCP starts. */
	tcp = VNET_SIZE + vnet.csum_start;
	if (vnet.gso_size == 0 || (vnet.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) == 0 ||
	    tcp + 20 > size)
		return -EINVAL;
	headers = tcp + (size_t)(frame[tcp + TCP_DOFF] >> 4) * 4;
	if (headers >= size)
		return -EINVAL;
	ret->tcp = tcp;
	ret->headers = headers;
	ret->payload = size - headers;
	ret->segment_payload = vnet.gso_size;
	ret->segments = (unsigned int)((ret->payload + vnet.gso_size - 1) / vnet.gso_size);
	return 0;
}

static size_t payload_end(const struct parsed *parsed, unsigned int segment)
{
	size_t end = (segment + 1) * parsed->segment_payload;

	return end < parsed->payload ? end : parsed->payload;
}

static size_t segment_bytes(const struct parsed *parsed, unsigned int segment)
{
	size_t bytes = parsed->headers - VNET_SIZE;

	if (parsed->tcp != 0)
		bytes += payload_end(parsed, segment) - segment * parsed->segment_payload;
	return bytes;
}

static void fix_ip(unsigned char *ip, size_t packet_bytes, unsigned int first)
{
	size_t length, i;
	uint32_t sum = 0;

	if (ip[0] >> 4 == 6) {
		store16(ip + offsetof(struct ip6_hdr, ip6_plen),
			packet_bytes - sizeof(struct ip6_hdr));
		return;
	}
	length = (size_t)(ip[0] & 0xf) * 4;
	store16(ip + offsetof(struct ip, ip_len), packet_bytes);
	store16(ip + offsetof(struct ip, ip_id), load16(ip + offsetof(struct ip, ip_id)) + first);
	store16(ip + offsetof(struct ip, ip_sum), 0);
	for (i = 0; i < length; i += 2)
		sum += load16(ip + i);
	store16(ip + offsetof(struct ip, ip_sum), (uint16_t)~fold_sum(sum));
}

/* The check sum field holds the sum of the pseudo header only (the kernel adds the rest when it
 * must), and the pseudo header contains the TCP length.
 */
static void fix_tcp(unsigned char *tcp, const struct parsed *parsed, size_t start, size_t end)
{
	size_t header = parsed->headers - parsed->tcp;
	uint16_t old_length = (uint16_t)(header + parsed->payload);
	uint16_t new_length = (uint16_t)(header + end - start);
	uint32_t seq = (uint32_t)load16(tcp + TCP_SEQ) << 16 | load16(tcp + TCP_SEQ + 2);
	uint32_t sum = (uint32_t)load16(tcp + TCP_CHECK) + (uint16_t)~old_length + new_length;

	seq += (uint32_t)start;
	store16(tcp + TCP_SEQ, seq >> 16);
	store16(tcp + TCP_SEQ + 2, seq & 0xffff);
	store16(tcp + TCP_CHECK, fold_sum(sum));
	if (end < parsed->payload)
		tcp[TCP_FLAGS] &= (unsigned char)~(TCP_FIN | TCP_PSH);
	if (start > 0)
		tcp[TCP_FLAGS] &= (unsigned char)~TCP_CWR;
}

/* Makes segments first..last of a super-frame a frame of their own. */
static void cut_frame(unsigned char *frame, const struct parsed *parsed, unsigned int first,
		      unsigned int last)
{
	size_t start = first * parsed->segment_payload;
	size_t end = payload_end(parsed, last);
	struct virtio_net_hdr vnet;

	memcpy(frame, parsed->frame, parsed->headers);
	memcpy(frame + parsed->headers, parsed->frame + parsed->headers + start, end - start);
	fix_ip(frame + VNET_SIZE, parsed->headers - VNET_SIZE + end - start, first);
	fix_tcp(frame + parsed->tcp, parsed, start, end);
	if (first != last)
		return;
	memcpy(&vnet, frame, VNET_SIZE);
	vnet.gso_type = VIRTIO_NET_HDR_GSO_NONE;
	vnet.gso_size = 0;
	memcpy(frame, &vnet, VNET_SIZE);
}

static int send_segments(struct link *link, const struct parsed *parsed, unsigned int first,
			 unsigned int last)
{
	size_t size = parsed->headers;
	struct link_chunk *chunk;

	if (parsed->tcp != 0)
		size += payload_end(parsed, last) - first * parsed->segment_payload;
	chunk = malloc(sizeof(*chunk) + size);
	if (chunk == NULL)
		return -ENOMEM;
	chunk->next = NULL;
	chunk->due_ns = link->busy_until_ns + link->config.delay_ns;
	chunk->size = size;
	if (parsed->tcp != 0)
		cut_frame(chunk->frame, parsed, first, last);
	else
		memcpy(chunk->frame, parsed->frame, size);
	if (link->tail != NULL)
		link->tail->next = chunk;
	else
		link->head = chunk;
	link->tail = chunk;
	return 0;
}

static void count(_Atomic uint64_t *counter, uint64_t by)
{
	atomic_fetch_add_explicit(counter, by, memory_order_relaxed);
}

/* Queues and serialises one segment. Returns whether it reaches the far end. */
static bool pass_segment(struct link *link, size_t bytes, uint64_t now_ns)
{
	uint64_t send_ns = wire_ns(link, bytes);

	count(&link->stats.segments, 1);
	count(&link->stats.bytes, bytes + ETHERNET_OVERHEAD);
	if (link->busy_until_ns <= now_ns) {
		link->busy_until_ns = now_ns; /* idle: one segment always fits */
	} else if (link->busy_until_ns - now_ns + send_ns > link->queue_ns) {
		count(&link->stats.tail_drops, 1);
		return false;
	}
	link->busy_until_ns += send_ns;
	if (is_lost(link)) {
		count(&link->stats.random_losses, 1);
		return false;
	}
	return true;
}

static int accept_frame(struct link *link, const unsigned char *frame, size_t size)
{
	uint64_t now_ns = tool_now_ns();
	struct parsed parsed;
	unsigned int i, held = 0;
	int r = 0;

	count(&link->stats.packets, 1);
	if (parse_frame(frame, size, &parsed) < 0) {
		count(&link->stats.refused, 1);
		return 0;
	}
	for (i = 0; i < parsed.segments && r == 0; i++) {
		uint64_t sent_ns = link->busy_until_ns;

		if (pass_segment(link, segment_bytes(&parsed, i), now_ns)) {
			held++;
		} else if (held > 0) {
			/* The lost segment's own time on the wire delays only its followers. */
			uint64_t busy_ns = link->busy_until_ns;

			link->busy_until_ns = sent_ns;
			r = send_segments(link, &parsed, i - held, i - 1);
			link->busy_until_ns = busy_ns;
			held = 0;
		}
		if (r == 0 && held > 0 &&
		    (held == link->chunk_segments || i + 1 == parsed.segments)) {
			r = send_segments(link, &parsed, i + 1 - held, i);
			held = 0;
		}
	}
	return r;
}

static void write_chunk(struct link *link, const struct link_chunk *chunk, uint64_t now_ns)
{
	uint64_t late_ns = now_ns - chunk->due_ns;

	if (write(link->out_fd, chunk->frame, chunk->size) < 0)
		count(&link->stats.refused, 1);
	count(&link->stats.delivered, 1);
	count(&link->stats.late_sum_ns, late_ns);
	/* This thread is the only writer. */
	if (late_ns > atomic_load_explicit(&link->stats.late_max_ns, memory_order_relaxed))
		atomic_store_explicit(&link->stats.late_max_ns, late_ns, memory_order_relaxed);
}

static void deliver_due(struct link *link)
{
	uint64_t now_ns;

	while (link->head != NULL && link->head->due_ns <= (now_ns = tool_now_ns())) {
		struct link_chunk *chunk = link->head;

		write_chunk(link, chunk, now_ns);
		link->head = chunk->next;
		if (link->head == NULL)
			link->tail = NULL;
		free(chunk);
	}
}

/* Returns false when the thread should end. */
static bool wait_for_work(const struct link *link)
{
	struct pollfd fds[2] = { { .fd = link->in_fd, .events = POLLIN },
				 { .fd = link->stop_fd, .events = POLLIN } };
	struct timespec timeout = { .tv_sec = 1 };

	if (link->head != NULL) {
		uint64_t now_ns = tool_now_ns();
		uint64_t due_ns = link->head->due_ns;
		uint64_t left_ns = due_ns > now_ns ? due_ns - now_ns : 0;

		timeout.tv_sec = (time_t)(left_ns / TOOL_NS_PER_S);
		timeout.tv_nsec = (long)(left_ns % TOOL_NS_PER_S);
	}
	return ppoll(fds, 2, &timeout, NULL) <= 0 || fds[1].revents == 0;
}

void *link_run(void *argument)
{
	static char out_of_memory[] = "out of memory for frames on the wire: use a smaller queue";
	static char device_gone[] =
		"a TUN device cannot be read any more: was its namespace deleted?";
	struct link *link = argument;
	unsigned char *frame = malloc(FRAME_SIZE);
	char *failure = frame == NULL ? out_of_memory : NULL;

	/* Both are best effort: default timer slack (50 us) and a busy machine only add lateness,
	 * which the statistics show.
	 */
	(void)prctl(PR_SET_TIMERSLACK, 1000UL);
	(void)setpriority(PRIO_PROCESS, 0, -10);
	while (failure == NULL) {
		ssize_t size;

		if (atomic_exchange_explicit(&link->change, false, memory_order_relaxed))
			change_config(link);
		deliver_due(link);
		size = read(link->in_fd, frame, FRAME_SIZE);
		if (size > 0) {
			if (accept_frame(link, frame, (size_t)size) < 0)
				failure = out_of_memory;
		} else if (size < 0 && errno != EAGAIN && errno != EINTR) {
			failure = device_gone;
		} else if (!wait_for_work(link)) {
			break;
		}
	}
	free(frame);
	return failure;
}
