/* To which CPUs the packets of adapters go. */
#include "host/link_hardware.h"

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/port_set.h"
#include "base/text.h"
#include "host/procfile.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define MASK	       "/sys/class/net/%s/queues/%s-%u/%s_cpus"
#define INTERRUPTS     "/proc/interrupts"
#define AFFINITY       "/proc/irq/%llu/effective_affinity_list" /* since Linux 4.12 */
#define PATH_MAX_BYTES 96

int link_mask_count(const char *text, size_t len, uint32_t *ret)
{
	struct text_span mask = text_span_trim((struct text_span){ text, strcspn(text, "\n") });
	uint32_t count = 0;

	if (mask.len == 0 || mask.len > len)
		return -EINVAL;
	for (size_t i = 0; i < mask.len; i++) {
		uint64_t digit;

		if (mask.at[i] == ',')
			continue;
		if (text_parse_u64(mask.at + i, 1, 16, &digit) < 0)
			return -EINVAL;
		count += (uint32_t)__builtin_popcountll(digit);
	}
	*ret = count;
	return 0;
}

/* The largest count of the masks of all queues of a direction: "rx" has "rps", "tx" has "xps".
 * *ret_known unless none is read. */
static int read_masks(struct source *s, const struct link_info *link, const char *direction,
		      const char *steering, uint32_t *ret, bool *ret_known)
{
	uint32_t queues = link->hardware.queues_known ? link->hardware.queues : 1;

	for (uint32_t i = 0; i < queues && i < LINK_QUEUES_MAX; i++) {
		CLEANUP(bytes_done) struct bytes text = { 0 };
		char path[PATH_MAX_BYTES];
		uint32_t count = 0;
		int r;

		(void)snprintf(path, sizeof(path), MASK, link->name, direction, i, steering);
		r = source_read_file(s, SOURCE_NETNS, path, &text, NULL);
		if (r == -ENOMEM)
			return r;
		if (r < 0 || link_mask_count(text.data, text.len, &count) < 0)
			break;
		*ret_known = true;
		*ret = count > *ret ? count : *ret;
	}
	return 0;
}

/* --- interrupts -------------------------------------------------------------------------------*/

/* Drivers put other words before and after: "eth0-TxRx-3", "i40e-eth0-TxRx-3". */
static bool is_named_after(struct text_span word, const char *link)
{
	size_t len = strlen(link);

	for (size_t at = 0; at + len <= word.len; at++) {
		bool begins = at == 0 || strchr("-:@", word.at[at - 1]) != NULL;
		bool ends = at + len == word.len || strchr("-:@", word.at[at + len]) != NULL;

		if (begins && ends && memcmp(word.at + at, link, len) == 0)
			return true;
	}
	return false;
}

/* The number of a line " 24:  0 7  PCI-MSI 524288-edge  eth0-TxRx-0" that is named after it. */
static bool parse_interrupt(struct text_span line, const char *link, uint64_t *ret)
{
	struct text_span word, number;

	if (!text_next_word(&line, &number) || number.len < 2 || number.at[number.len - 1] != ':' ||
	    text_parse_u64(number.at, number.len - 1, 10, ret) < 0)
		return false;
	while (text_next_word(&line, &word)) {
		if (is_named_after(word, link))
			return true;
	}
	return false;
}

/* The list has the syntax of one of ports. */
static int add_affinity(struct source *s, uint64_t interrupt, struct port_set *cpus)
{
	CLEANUP(bytes_done) struct bytes text = { 0 };
	struct port_set own;
	const char *problem;
	char path[PATH_MAX_BYTES];
	int r;

	(void)snprintf(path, sizeof(path), AFFINITY, (unsigned long long)interrupt);
	r = source_read_file(s, SOURCE_HOST, path, &text, NULL);
	if (r < 0)
		return r;
	r = port_set_parse(text.data, strcspn(text.data, "\n"), &own, &problem);
	for (size_t i = 0; r == 0 && i < sizeof(own.bits); i++)
		cpus->bits[i] |= own.bits[i];
	return r;
}

static uint32_t count_cpus(const struct port_set *cpus)
{
	uint32_t count = 0;

	for (size_t i = 0; i < sizeof(cpus->bits); i++)
		count += (uint32_t)__builtin_popcount(cpus->bits[i]);
	return count;
}

/* Not known when it has none of its name: drivers such as virtio's name them after the device. */
static int read_interrupts(struct source *s, struct text_span text, struct link_info *link)
{
	struct link_hardware *h = &link->hardware;
	struct port_set cpus = { 0 };
	struct text_span line;
	uint64_t number = 0;
	uint32_t found = 0;

	while (text_next_line(&text, &line)) {
		int r;

		if (!parse_interrupt(line, link->name, &number))
			continue;
		r = add_affinity(s, number, &cpus);
		if (r < 0)
			return r == -ENOMEM ? r : 0;
		found++;
	}
	h->interrupts_known = found > 0;
	h->interrupts = found;
	h->interrupt_cpus = count_cpus(&cpus);
	return 0;
}

int link_steering_read(struct source *s, struct link_table *table)
{
	CLEANUP(bytes_done) struct bytes interrupts = { 0 };
	int r = 0;

	if (source_read_file(s, SOURCE_HOST, INTERRUPTS, &interrupts, NULL) == -ENOMEM)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < table->count; i++) {
		struct link_info *link = &table->links[i];
		struct link_hardware *h = &link->hardware;

		if (link->kind[0] != '\0' || link->loopback || !link->up)
			continue;
		r = read_masks(s, link, "rx", "rps", &h->rps_cpus, &h->rps_known);
		if (r == 0)
			r = read_masks(s, link, "tx", "xps", &h->xps_cpus, &h->xps_known);
		if (r == 0)
			r = read_interrupts(s, procfile_text(&interrupts), link);
	}
	return r;
}
