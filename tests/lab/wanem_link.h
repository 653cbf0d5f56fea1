/* One direction of an emulated link: reads frames from one TUN descriptor, holds them as long as
 * the link would, and writes them to another.
 *
 * The model: a tail-drop queue of bounded bytes, a serialiser of fixed rate, independent random
 * loss of each segment on the wire, then a fixed propagation delay. Every TCP segment of a
 * super-frame (GSO) is queued, dropped and lost by itself, as it would be behind a real network
 * card.
 */
#ifndef NETWRIGHT_LAB_WANEM_LINK_H
#define NETWRIGHT_LAB_WANEM_LINK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct link_config {
	uint64_t rate_bps;
	uint64_t delay_ns;    /* one way */
	uint64_t queue_bytes; /* on the wire, the segment being sent included; at most 1 GiB */
	uint64_t loss_ppb;    /* parts per billion */
	uint64_t seed;
};

/* Written by the link's thread, read by anyone. */
struct link_stats {
	_Atomic uint64_t packets;  /* frames read; a super-frame is one */
	_Atomic uint64_t segments; /* what a wire without offloads would have carried */
	_Atomic uint64_t bytes;	   /* of those, with the 18 bytes of Ethernet framing each */
	_Atomic uint64_t random_losses;
	_Atomic uint64_t tail_drops;
	_Atomic uint64_t refused; /* writes the receiving device did not take */
	_Atomic uint64_t late_max_ns;
	_Atomic uint64_t late_sum_ns;
	_Atomic uint64_t delivered; /* writes; late_sum_ns / delivered is the mean lateness */
};

struct link_chunk;

struct link {
	struct link_config config;
	struct link_config other; /* what a change makes of it */
	_Atomic bool change;	  /* set by anyone: the thread exchanges the two */
	struct link_stats stats;
	int in_fd;   /* non-blocking TUN with IFF_VNET_HDR */
	int out_fd;  /* likewise */
	int stop_fd; /* becomes readable when the thread should end */
	uint64_t random;
	uint64_t queue_ns;	/* queue_bytes as time at this rate */
	uint64_t busy_until_ns; /* when the serialiser will have sent all it accepted */
	unsigned int chunk_segments;
	struct link_chunk *head, *tail; /* on the wire, in order of their due time */
};

void link_init(struct link *link, const struct link_config *config, const struct link_config *other,
	       int in_fd, int out_fd, int stop_fd);
/* Frees what is still on the wire. */
void link_done(struct link *link);
/* Thread body: forwards until stop_fd is readable. `link` is a struct link *. Returns NULL, or the
 * address of a string that says what failed.
 */
void *link_run(void *link);

#endif
