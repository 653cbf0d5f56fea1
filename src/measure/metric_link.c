#include "measure/metric_getters.h"

#include <math.h>
#include <stddef.h>

#define REASON_NO_QDISC "the qdisc has no statistics"

static const size_t gains[LINK_GAINS] = {
	[LINK_RX_BYTES] = offsetof(struct link_info, rx_bytes),
	[LINK_TX_BYTES] = offsetof(struct link_info, tx_bytes),
	[LINK_RX_DROPPED] = offsetof(struct link_info, rx_dropped),
	[LINK_TX_DROPPED] = offsetof(struct link_info, tx_dropped),
	[LINK_RX_ERRORS] = offsetof(struct link_info, rx_errors),
	[LINK_TX_ERRORS] = offsetof(struct link_info, tx_errors),
	[LINK_RX_MISSED] = offsetof(struct link_info, rx_missed),
	[LINK_QDISC_DROPS] = offsetof(struct link_info, qdisc_drops),
};

static uint64_t field_of(const struct link_info *l, size_t offset)
{
	return *(const uint64_t *)(const void *)((const char *)l + offset);
}

/* A counter that went backwards was reset, by the driver or with another qdisc: nothing gained. */
static double gain_of(const struct link_stats *l, size_t offset)
{
	uint64_t from = field_of(&l->first, offset), to = field_of(&l->last, offset);

	return to > from ? (double)(to - from) : 0;
}

static struct value gain_over(const struct metric *self, const struct link_stats *l, double divisor)
{
	if (!(l->seconds > 0))
		return value_unknown(REASON_ONE_SAMPLE);
	if (self->argument == LINK_QDISC_DROPS &&
	    !(l->first.has_qdisc_stats && l->last.has_qdisc_stats))
		return value_unknown(REASON_NO_QDISC);
	return value_number(gain_of(l, gains[self->argument]) / divisor);
}

METRIC_GETTER(metric_link_gain)
{
	(void)o;
	return gain_over(self, entity, 1);
}

METRIC_GETTER(metric_link_rate)
{
	const struct link_stats *l = entity;

	(void)o;
	return gain_over(self, l, l->seconds);
}

/* Dropped of all that came: the kernel counts a dropped packet beside the others. */
static struct value drop_ratio(const struct link_stats *l, size_t drops, size_t packets)
{
	double dropped = gain_of(l, drops);

	if (!(l->seconds > 0))
		return value_unknown(REASON_ONE_SAMPLE);
	return metric_quotient(dropped, dropped + gain_of(l, packets), "no packet passed");
}

static struct value utilisation(const struct link_stats *l)
{
	double busier = fmax(gain_of(l, gains[LINK_RX_BYTES]), gain_of(l, gains[LINK_TX_BYTES]));

	if (!(l->last.speed > 0))
		return value_unknown("the link's speed is not known");
	return metric_quotient(busier / l->last.speed, l->seconds, REASON_ONE_SAMPLE);
}

METRIC_GETTER(metric_link)
{
	const struct link_stats *l = entity;

	(void)o;
	switch ((enum link_metric)self->argument) {
	case LINK_MTU:
		return value_number(l->last.mtu_bytes);
	case LINK_SPEED:
		return l->last.speed > 0 ? value_number(l->last.speed)
					 : value_unknown("the driver does not tell, or its number "
							 "means nothing");
	case LINK_TX_QUEUE_LEN:
		return value_number(l->last.tx_queue_len);
	case LINK_UTILISATION:
		return utilisation(l);
	case LINK_RX_DROP_RATIO:
		return drop_ratio(l, gains[LINK_RX_DROPPED],
				  offsetof(struct link_info, rx_packets));
	case LINK_TX_DROP_RATIO:
		return drop_ratio(l, gains[LINK_TX_DROPPED],
				  offsetof(struct link_info, tx_packets));
	case LINK_QDISC_DROP_RATIO:
		if (!l->first.has_qdisc_stats || !l->last.has_qdisc_stats)
			return value_unknown(REASON_NO_QDISC);
		return drop_ratio(l, gains[LINK_QDISC_DROPS],
				  offsetof(struct link_info, qdisc_packets));
	case LINK_QDISC_BACKLOG:
		return l->last.has_qdisc_stats ? value_number(l->last.qdisc_backlog_bytes)
					       : value_unknown(REASON_NO_QDISC);
	}
	return value_unknown("not a metric of a link");
}

/* How its packets are handed over: a number, whether it is known, and why not. */
METRIC_GETTER(metric_link_hardware)
{
	static const char driver[] = "its driver does not tell";
	static const char elsewhere[] =
		"/sys does not tell: a link without hardware, or of another network namespace";
	const struct link_hardware *h = &((const struct link_stats *)entity)->last.hardware;
	const struct {
		bool known;
		double number;
		const char *why;
	} values[] = {
		[LINK_RX_RING] = { h->rings_known, h->rx_ring, driver },
		[LINK_RX_RING_MAX] = { h->rings_known, h->rx_ring_max, driver },
		[LINK_QUEUES] = { h->queues_known, h->queues, driver },
		[LINK_QUEUES_LARGEST] = { h->queues_known, h->queues_max, driver },
		[LINK_RX_DELAY] = { h->delay_known, h->rx_delay_us / 1e6, driver },
		[LINK_RX_DELAY_ADAPTS] = { h->delay_known, h->delay_adapts, driver },
		[LINK_RPS_CPUS] = { h->rps_known, h->rps_cpus, elsewhere },
		[LINK_XPS_CPUS] = { h->xps_known, h->xps_cpus, elsewhere },
		[LINK_INTERRUPTS] = { h->interrupts_known, h->interrupts,
				      "no interrupt is named after it" },
		[LINK_INTERRUPT_CPUS] = { h->interrupts_known, h->interrupt_cpus,
					  "no interrupt is named after it" },
	};

	(void)o;
	return values[self->argument].known ? value_number(values[self->argument].number)
					    : value_unknown(values[self->argument].why);
}

METRIC_GETTER(metric_link_kind)
{
	const struct link_stats *l = entity;

	(void)self;
	(void)o;
	if (l->last.kind[0] != '\0')
		return value_text(l->last.kind);
	return value_text(l->last.loopback ? "loopback" : "hardware");
}

METRIC_GETTER(metric_link_name)
{
	const struct link_stats *l = entity;

	(void)self;
	(void)o;
	return value_text(l->last.name);
}

METRIC_GETTER(metric_link_qdisc)
{
	const struct link_stats *l = entity;

	(void)self;
	(void)o;
	return l->last.qdisc[0] != '\0' ? value_text(l->last.qdisc)
					: value_unknown("the kernel did not tell");
}

METRIC_GETTER(metric_link_speed_max)
{
	double speed = 0;

	(void)self;
	(void)entity;
	for (size_t i = 0; i < o->link_count; i++) {
		const struct link_info *l = &o->links[i].last;

		if (l->up && !l->loopback)
			speed = fmax(speed, l->speed);
	}
	return speed > 0 ? value_number(speed)
			 : value_unknown("no link that is up tells its speed");
}
