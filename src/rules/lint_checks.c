#include "rules/lint_checks.h"

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "host/links.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum lint_verdict wrong_if(bool wrong)
{
	return wrong ? LINT_WRONG : LINT_FINE;
}

static enum lint_verdict unknown(const char **ret_reason, const char *reason)
{
	*ret_reason = reason;
	return LINT_UNKNOWN;
}

/* Linux net/ipv4/Kconfig, what each calls itself: of one that is not loaded now, and not in the
 * list of modules, nobody can say. */
static const char *const congestion_names[] = {
	"bbr", "bic", "cdg",  "cubic",	  "dctcp", "highspeed", "htcp",	    "hybla", "illinois",
	"lp",  "nv",  "reno", "scalable", "vegas", "veno",	"westwood", "yeah",
};

static bool is_congestion_of_linux(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(congestion_names); i++) {
		if (strcmp(congestion_names[i], name) == 0)
			return true;
	}
	return false;
}

enum lint_verdict lint_congestion_unavailable(const struct lint *lint, const struct lint_case *c,
					      const char **ret_reason)
{
	(void)lint;
	switch (facts_available(c->host->facts, "cc", c->value)) {
	case AVAILABILITY_NO:
		return LINT_WRONG;
	case AVAILABILITY_YES:
		return LINT_FINE;
	case AVAILABILITY_UNKNOWN:
		break;
	}
	if (c->host->facts->congestion_available.count > 0 && !is_congestion_of_linux(c->value))
		return LINT_WRONG;
	return unknown(ret_reason, "this kernel does not say whether it can load that one");
}

enum lint_verdict lint_congestion_is_bbr(const struct lint *lint, const struct lint_case *c,
					 const char **ret_reason)
{
	char name[32];

	(void)lint;
	if (!lint_value_of(c->host, "net.ipv4.tcp_congestion_control", name, sizeof(name)))
		return unknown(ret_reason, "the congestion control is unknown");
	return wrong_if(strcmp(name, "bbr") == 0);
}

enum lint_verdict lint_forwards_without_bbr(const struct lint *lint, const struct lint_case *c,
					    const char **ret_reason)
{
	int64_t forward;

	if (strcmp(c->value, "fq") != 0)
		return LINT_FINE;
	if (!lint_number_of(c->host, "net.ipv4.ip_forward", 0, &forward))
		return unknown(ret_reason, "net.ipv4.ip_forward is unknown");
	if (forward == 0)
		return LINT_FINE;
	switch (lint_congestion_is_bbr(lint, c, ret_reason)) {
	case LINT_WRONG:
		return LINT_FINE;
	case LINT_FINE:
		return LINT_WRONG;
	case LINT_UNKNOWN:
		break;
	}
	return LINT_UNKNOWN;
}

enum lint_verdict lint_pages_unsound(const struct lint *lint, const struct lint_case *c,
				     const char **ret_reason)
{
	const struct facts *f = c->host->facts;

	(void)lint;
	if (c->numbers < 3)
		return LINT_FINE;
	if (c->number[0] == c->number[1] && c->number[1] == c->number[2])
		return LINT_WRONG;
	if (f->memory_bytes == 0 || f->page_bytes == 0)
		return unknown(ret_reason, "the size of memory is unknown");
	return wrong_if(c->number[2] > (int64_t)(f->memory_bytes / f->page_bytes));
}

enum lint_verdict lint_vector_unordered(const struct lint *lint, const struct lint_case *c,
					const char **ret_reason)
{
	(void)lint;
	(void)ret_reason;
	for (unsigned int i = 1; i < c->numbers; i++) {
		if (c->number[i] < c->number[i - 1])
			return LINT_WRONG;
	}
	return LINT_FINE;
}

enum lint_verdict lint_above_memory_share(const struct lint *lint, const struct lint_case *c,
					  const char **ret_reason)
{
	uint64_t memory = c->host->facts->memory_bytes;

	if (c->numbers < 3 || c->number[2] <= 0)
		return LINT_FINE;
	if (c->number[2] > INT32_MAX)
		return LINT_WRONG;
	if (memory == 0)
		return unknown(ret_reason, "the size of memory is unknown");
	return wrong_if((uint64_t)c->number[2] > memory / (uint64_t)lint->limit);
}

/* Linux tcp_init(), tcp_sk_init(): the number of buckets of the connection hash, shifted. A
 * namespace that shares the initial one's says so by a minus. */
static bool hash_share(const struct lint_host *host, int64_t divisor, int64_t *ret)
{
	int64_t buckets;

	if (!lint_number_of(host, "net.ipv4.tcp_ehash_entries", 0, &buckets) || buckets == 0)
		return false;
	*ret = (buckets < 0 ? -buckets : buckets) / divisor;
	return true;
}

enum lint_verdict lint_below_hash_share(const struct lint *lint, const struct lint_case *c,
					const char **ret_reason)
{
	int64_t share;

	if (c->numbers < 1)
		return LINT_FINE;
	if (!hash_share(c->host, lint->limit, &share))
		return unknown(ret_reason, "this kernel does not say what its default is");
	return wrong_if(c->number[0] < share);
}

enum lint_verdict lint_above_hash_share(const struct lint *lint, const struct lint_case *c,
					const char **ret_reason)
{
	int64_t share, cookies;

	if (c->numbers < 1)
		return LINT_FINE;
	if (!lint_number_of(c->host, "net.ipv4.tcp_syncookies", 0, &cookies))
		return unknown(ret_reason, "net.ipv4.tcp_syncookies is unknown");
	if (!hash_share(c->host, lint->limit, &share))
		return unknown(ret_reason, "this kernel does not say what its default is");
	/* Linux inet_hashtables.c: never less than 128. */
	return wrong_if(cookies != 0 && c->number[0] > (share > 128 ? share : 128));
}

/* Linux files_maxfiles_init(): a tenth of memory in KiB, less what was taken when booting; hence
 * only below nine tenths of that. */
enum lint_verdict lint_below_file_share(const struct lint *lint, const struct lint_case *c,
					const char **ret_reason)
{
	uint64_t memory = c->host->facts->memory_bytes;

	(void)lint;
	if (c->numbers < 1 || c->number[0] < 0)
		return LINT_FINE;
	if (memory == 0)
		return unknown(ret_reason, "the size of memory is unknown");
	return wrong_if((uint64_t)c->number[0] < memory / 1024 / 10 * 9 / 10);
}

enum lint_verdict lint_ports_unsound(const struct lint *lint, const struct lint_case *c,
				     const char **ret_reason)
{
	int64_t first = 1024; /* of those that need no privilege, unless set */

	(void)lint;
	(void)ret_reason;
	(void)lint_number_of(c->host, "net.ipv4.ip_unprivileged_port_start", 0, &first);
	return wrong_if(c->numbers >= 2 && (c->number[0] < first || c->number[0] < 1024 ||
					    c->number[0] > c->number[1] || c->number[1] > 65535));
}

enum lint_verdict lint_only_socket_maximum(const struct lint *lint, const struct lint_case *c,
					   const char **ret_reason)
{
	bool receive = strstr(c->key, "rmem") != NULL;

	/* What is in force does not tell what was expected of it. */
	if (c->live || c->numbers < 1 || c->number[0] <= lint->limit ||
	    sysctl_settings_find(c->host->settings,
				 receive ? "net.ipv4.tcp_rmem" : "net.ipv4.tcp_wmem") != NULL)
		return LINT_FINE;
	if (c->host->settings->unread_count > 0)
		return unknown(ret_reason, "a file that may set the other could not be read");
	return LINT_WRONG;
}

/* Whether a line of the file passes `test`: LINT_WRONG when one does. */
static enum lint_verdict any_line(const struct lint_case *c, enum source_scope scope,
				  const char *path, bool (*test)(struct text_span line, void *arg),
				  void *arg)
{
	CLEANUP(bytes_done) struct bytes file = { 0 };
	struct text_span rest, line;

	if (source_read_file(c->host->source, scope, path, &file, NULL) < 0)
		return LINT_UNKNOWN;
	rest = (struct text_span){ file.data, file.len };
	while (text_next_line(&rest, &line)) {
		if (test(line, arg))
			return LINT_WRONG;
	}
	return LINT_FINE;
}

/* /proc/net/route: device and destination, in hexadecimal. True at the second device with a
 * default route. */
static bool second_default_route(struct text_span line, void *arg)
{
	struct text_span *first = arg, device, destination;

	if (!text_next_word(&line, &device) || !text_next_word(&line, &destination) ||
	    !text_span_equal(destination, "00000000"))
		return false;
	if (first->at == NULL) {
		*first = device;
		return false;
	}
	return first->len != device.len || memcmp(first->at, device.at, device.len) != 0;
}

enum lint_verdict lint_several_default_routes(const struct lint *lint, const struct lint_case *c,
					      const char **ret_reason)
{
	struct text_span first = { 0 };
	enum lint_verdict v = any_line(c, SOURCE_NETNS, "/proc/net/route", second_default_route,
				       &first);

	(void)lint;
	return v == LINT_UNKNOWN ? unknown(ret_reason, "the routes could not be read") : v;
}

static bool word_of_line(struct text_span line, void *arg)
{
	struct text_span word;

	while (text_next_word(&line, &word)) {
		if (text_span_equal(word, arg))
			return true;
	}
	return false;
}

enum lint_verdict lint_on_virtual_machine(const struct lint *lint, const struct lint_case *c,
					  const char **ret_reason)
{
	char flag[] = "hypervisor";
	enum lint_verdict v = any_line(c, SOURCE_HOST, "/proc/cpuinfo", word_of_line, flag);

	(void)lint;
	return v == LINT_UNKNOWN ? unknown(ret_reason, "the CPUs could not be read") : v;
}

static bool is_veth(struct text_span line, void *arg)
{
	struct text_span word;

	(void)arg;
	return text_next_word(&line, &word) && word.len > 4 && memcmp(word.at, "veth", 4) == 0;
}

enum lint_verdict lint_backlog_unused(const struct lint *lint, const struct lint_case *c,
				      const char **ret_reason)
{
	enum lint_verdict veth;
	int64_t flows = 0;

	(void)lint;
	if (lint_number_of(c->host, "net.core.rps_sock_flow_entries", 0, &flows) && flows > 0)
		return LINT_FINE;
	veth = any_line(c, SOURCE_NETNS, "/proc/net/dev", is_veth, NULL);
	if (veth == LINT_UNKNOWN)
		return unknown(ret_reason, "the links could not be read");
	return wrong_if(veth == LINT_FINE);
}

/* Whether a hardware link that is up has at least this speed, in bytes per second. */
static enum lint_verdict has_fast_link(struct source *source, double speed)
{
	struct link_table table = { 0 };
	enum lint_verdict v = links_read(source, &table, NULL) < 0 ? LINT_UNKNOWN : LINT_FINE;

	for (size_t i = 0; i < table.count && v != LINT_WRONG; i++) {
		const struct link_info *link = &table.links[i];

		if (!link->up || link->loopback || link->kind[0] != '\0')
			continue;
		if (link->speed >= speed)
			v = LINT_WRONG;
		else if (link->speed <= 0)
			v = LINT_UNKNOWN;
	}
	link_table_done(&table);
	return v;
}

/* Linux calculate_min_free_kbytes(): the root of 16 times memory in KiB, at most 65536 (262144
 * since 5.8). Memory that the kernel keeps for itself lowers it, hence nine tenths. */
enum lint_verdict lint_few_free_pages(const struct lint *lint, const struct lint_case *c,
				      const char **ret_reason)
{
	double memory_kib = (double)c->host->facts->memory_bytes / 1024;
	enum lint_verdict v;

	if (c->numbers < 1)
		return LINT_FINE;
	if (memory_kib <= 0)
		return unknown(ret_reason, "the size of memory is unknown");
	if ((double)c->number[0] >= 0.9 * fmin(sqrt(16 * memory_kib), 65536))
		return LINT_FINE;
	v = has_fast_link(c->host->source, (double)lint->limit * 1e9 / 8);
	return v == LINT_UNKNOWN ? unknown(ret_reason, "the speed of a link is unknown") : v;
}
