#include "measure/idle_connections.h"

/* Sent counts as well as received: either keeps what is on the way from forgetting. */
static uint32_t silent_ms(const struct tcpinfo *i)
{
	uint32_t least = i->last_data_sent;

	least = i->last_data_recv < least ? i->last_data_recv : least;
	return i->last_ack_recv < least ? i->last_ack_recv : least;
}

void idle_connections_count(struct idle_connections *c, const struct socket_info *socket)
{
	uint32_t silent;

	if (socket->state != SOCKET_ESTABLISHED || address_is_loopback(&socket->remote) ||
	    address_equal(&socket->local, &socket->remote))
		return;
	if (!tcpinfo_has(socket->info_len, last_ack_recv)) {
		c->untold++;
		return;
	}
	silent = silent_ms(&socket->info);
	/* One that waits for an acknowledgement or for the peer's window is not left alone. */
	if (silent <= IDLE_REMEMBERED_MS ||
	    (socket->timer != SOCKET_TIMER_NONE && socket->timer != SOCKET_TIMER_KEEPALIVE))
		return;
	c->longer++;
	/* The answer to a probe ends the silence (keepalive_time_elapsed(), include/net/tcp.h), and
	 * probes without an answer are counted: with none, the first is still to come. */
	if (socket->timer == SOCKET_TIMER_KEEPALIVE)
		c->probed_late += socket->retransmits == 0;
	else
		c->unprobed++;
}
