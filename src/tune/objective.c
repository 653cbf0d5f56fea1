#include "tune/objective.h"

#include "base/cleanup.h"
#include "base/suggest.h"
#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MORE(name)          \
	{                   \
		name, false \
	}
#define LESS(name)         \
	{                  \
		name, true \
	}

const struct objective objectives[] = {
	LESS("conntrack.drops"),
	LESS("conntrack.insert_failures"),
	LESS("cpu.busy"),
	LESS("cpu.dropped"),
	MORE("cpu.processed_rate"),
	LESS("cpu.softirq"),
	MORE("flow.delivery_rate"),
	MORE("flow.goodput"),
	LESS("flow.jitter"),
	LESS("flow.min_rtt"),
	LESS("flow.notsent"),
	MORE("flow.receive_rate"),
	LESS("flow.retransmit_ratio"),
	LESS("flow.rtt_inflation"),
	LESS("flow.srtt"),
	LESS("host.cpu_busy"),
	LESS("host.cpu_softirq"),
	LESS("host.cpu_softirq_max"),
	LESS("host.psi_cpu_some"),
	LESS("host.psi_io_some"),
	LESS("host.psi_memory_some"),
	MORE("ip.forwarded_rate"),
	MORE("ip.receive_rate"),
	MORE("ip.send_rate"),
	MORE("ip6.forwarded_rate"),
	LESS("link.qdisc_backlog"),
	LESS("link.qdisc_drop_ratio"),
	LESS("link.qdisc_drops"),
	LESS("link.rx_drop_ratio"),
	LESS("link.rx_dropped"),
	MORE("link.rx_rate"),
	LESS("link.tx_drop_ratio"),
	LESS("link.tx_dropped"),
	MORE("link.tx_rate"),
	LESS("listener.full_share"),
	LESS("listener.queue_max"),
	LESS("listener.queue_mean"),
	MORE("path.goodput"),
	LESS("path.jitter"),
	LESS("path.min_rtt"),
	LESS("path.notsent_delay_p95"),
	LESS("path.notsent_p95"),
	MORE("path.peak_goodput"),
	MORE("path.peak_receive_rate"),
	LESS("path.queue_delay_p50"),
	MORE("path.receive_rate"),
	LESS("path.recovering_share"),
	MORE("path.request_rate"),
	LESS("path.retransmit_ratio"),
	LESS("path.rtt_inflation_p50"),
	LESS("path.segments_retransmitted"),
	LESS("path.spurious_share"),
	LESS("path.srtt_p50"),
	LESS("path.srtt_p95"),
	LESS("path.srtt_p99"),
	LESS("path.zero_window_share"),
	LESS("softnet.dropped"),
	MORE("softnet.processed_rate"),
	LESS("softnet.squeezed"),
	MORE("tcp.active_opens_rate"),
	LESS("tcp.backlog_drops"),
	MORE("tcp.busy_goodput"),
	LESS("tcp.collapsed_rate"),
	MORE("tcp.goodput"),
	LESS("tcp.jitter"),
	LESS("tcp.listen_drops"),
	LESS("tcp.listen_overflow_rate"),
	LESS("tcp.listen_overflows"),
	LESS("tcp.memory"),
	MORE("tcp.passive_opens_rate"),
	LESS("tcp.prune_called_rate"),
	LESS("tcp.receive_queue_drops"),
	MORE("tcp.receive_rate"),
	LESS("tcp.retransmit_ratio"),
	LESS("tcp.segments_retransmitted"),
	LESS("tcp.spurious_timeouts"),
	LESS("tcp.srtt_p50"),
	LESS("tcp.srtt_p95"),
	LESS("tcp.srtt_p99"),
	LESS("tcp.syn_retransmits"),
	LESS("tcp.timeouts"),
	MORE("udp.datagrams_in_rate"),
	LESS("udp.memory_errors"),
	LESS("udp.rcvbuf_errors"),
	LESS("udp.sndbuf_errors"),
	MORE("udp6.datagrams_in_rate"),
	LESS("udp6.memory_errors"),
	LESS("udp6.rcvbuf_errors"),
	LESS("udp6.sndbuf_errors"),
	LESS("udp_socket.drop_rate"),
	LESS("udp_socket.drop_share"),
	LESS("udp_socket.drops"),
	LESS("udp_socket.queue_max"),
};
const size_t objective_count = ARRAY_LEN(objectives);

static int compare(const void *name, const void *objective)
{
	return strcmp(name, ((const struct objective *)objective)->metric);
}

static int refuse(const char *name, struct error *e)
{
	struct suggestion s = suggest_start(name, strlen(name));
	char shown[64];

	text_copy_printable(shown, sizeof(shown), name, strlen(name));
	if (metric_find(name) != NULL)
		return error_set(e, -EINVAL, ERROR_INPUT, shown,
				 "neither more nor less of this is better by itself: a trial is "
				 "judged by rates, such as path.goodput, by delays, such as "
				 "path.srtt_p95, or by losses, such as tcp.retransmit_ratio");
	for (size_t i = 0; i < objective_count; i++)
		suggest_offer(&s, objectives[i].metric);
	if (s.best != NULL)
		return error_set(e, -EINVAL, ERROR_INPUT, shown,
				 "there is no such metric; did you mean %s?", s.best);
	return error_set(e, -EINVAL, ERROR_INPUT, shown,
			 "there is no such metric; netwright metrics lists them");
}

int objective_find(const char *name, const struct metric **ret_metric, bool *ret_smaller_is_better,
		   struct error *e)
{
	const struct objective *o = bsearch(name, objectives, objective_count,
					    sizeof(objectives[0]), compare);

	if (o == NULL)
		return refuse(name, e);
	*ret_metric = metric_find(o->metric);
	*ret_smaller_is_better = o->smaller_is_better;
	return 0;
}

bool objective_is_of_sockets(const struct metric *m)
{
	if (m->entity == ENTITY_HOST)
		return strncmp(m->source, "tcp_info ", strlen("tcp_info ")) == 0;
	return m->entity == ENTITY_FLOW || m->entity == ENTITY_PATH ||
	       m->entity == ENTITY_UDP_SOCKET;
}
