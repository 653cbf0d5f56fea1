#include "cli/by_hand.h"

#include "apply/proposal.h"
#include "base/cleanup.h"
#include "base/text.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define VALUE_MAX 1024

static const char harmless[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			       "0123456789._-+:/,@%=";

/* Blanks alone ask for double quotes, which read better; anything else, which no kernel and no
 * well-meant `ip netns add` makes, goes into single quotes. */
int by_hand_append_word(struct bytes *b, const char *word)
{
	bool tame = true, blanks = word[0] == '\0';
	int r;

	for (const char *c = word; *c != '\0'; c++) {
		blanks = blanks || *c == ' ';
		tame = tame && (*c == ' ' || strchr(harmless, *c) != NULL);
	}
	if (tame)
		return blanks ? bytes_printf(b, "\"%s\"", word) : bytes_printf(b, "%s", word);
	r = bytes_printf(b, "'");
	for (const char *c = word; *c != '\0' && r >= 0; c++)
		r = *c == '\'' ? bytes_printf(b, "'\\''") : bytes_append(b, c, 1);
	return r < 0 ? r : bytes_printf(b, "'");
}

/* As netns_open() understands it: all digits are a process unless a namespace has that name. */
static bool netns_is_process(const char *netns)
{
	char path[300];

	if (strspn(netns, "0123456789") != strlen(netns))
		return false;
	(void)snprintf(path, sizeof(path), "/run/netns/%s", netns);
	return access(path, F_OK) != 0;
}

static int append_namespace(struct bytes *b, const struct tunable *t, const char *netns)
{
	bool process;
	int r;

	if (netns[0] == '\0' || t->scope == TUNABLE_INIT_ONLY)
		return 0;
	process = netns_is_process(netns);
	r = bytes_printf(b, "%s", process ? "nsenter -t " : "ip netns exec ");
	if (r >= 0)
		r = by_hand_append_word(b, netns);
	return r < 0 ? r : bytes_printf(b, "%s", process ? " -n " : " ");
}

/* The full vector after the changes: a shorter write would set its first elements only. False when
 * nothing is to be changed, or the present value is not what the catalogue says. */
static bool build_value(const struct proposal *p, const struct tunable *t,
			const struct tunable_value *now, char *buf, size_t len)
{
	struct text_span rest = { now->text, strlen(now->text) };
	struct text_span word;
	bool changed = false;
	size_t used = 0;

	for (unsigned int i = 0; i < t->elements; i++) {
		const struct wish *wish = proposal_find(p, t, i);
		int n;

		if (t->elements == 1)
			word = rest;
		else if (!text_next_word(&rest, &word))
			return false;
		if (wish != NULL)
			word = (struct text_span){ wish->value, strlen(wish->value) };
		changed = changed || wish != NULL;
		n = snprintf(buf + used, len - used, "%s%.*s", i > 0 ? " " : "", (int)word.len,
			     word.at);
		if (n < 0 || (size_t)n >= len - used)
			return false;
		used += (size_t)n;
	}
	return changed;
}

static const char *reach(const struct tunable *t)
{
	return t->undo == TUNABLE_UNDO_NEW_SOCKETS_ONLY ? "   # for new connections" : "";
}

int by_hand_append_command(struct bytes *b, const struct tunable *t, const char *name,
			   const char *value, const char *netns)
{
	int r = append_namespace(b, t, netns);

	if (r >= 0)
		r = bytes_printf(b, "sysctl -w ");
	if (r >= 0)
		r = by_hand_append_word(b, name);
	if (r >= 0)
		r = bytes_printf(b, "=");
	if (r >= 0)
		r = by_hand_append_word(b, value);
	if (r >= 0)
		r = bytes_printf(b, "%s\n", reach(t));
	return r;
}

static int append_commands(struct bytes *b, const struct proposal *p,
			   const struct tunable_values *values, const char *netns)
{
	int count = 0;

	for (size_t i = 0; i < tunable_count; i++) {
		const struct tunable *t = &tunables[i];
		const struct tunable_value *now = tunable_value_of(values, t);
		char value[VALUE_MAX];

		if (now == NULL || !build_value(p, t, now, value, sizeof(value)))
			continue;
		if (bytes_printf(b, "  ") < 0 ||
		    by_hand_append_command(b, t, t->name, value, netns) < 0)
			return -ENOMEM;
		count++;
	}
	return count;
}

int by_hand_append_set(struct bytes *b, const struct wish *wish, const char *netns)
{
	CLEANUP(bytes_done) struct bytes assignment = { 0 };
	const struct tunable *t = kind_row_find(wish->tunable);
	int r = bytes_printf(&assignment, "%s=%s", wish->tunable, wish->value);

	if (r >= 0)
		r = bytes_printf(b, "netwright set ");
	if (r >= 0 && netns[0] != '\0') {
		r = bytes_printf(b, "--netns ");
		if (r >= 0)
			r = by_hand_append_word(b, netns);
		if (r >= 0)
			r = bytes_printf(b, " ");
	}
	if (r >= 0)
		r = by_hand_append_word(b, assignment.data);
	return r < 0 ? r : bytes_printf(b, "%s\n", t != NULL ? reach(t) : "");
}

/* Routes and connections; what a finding proposes for one of them has its name in it. */
static int append_sets(struct bytes *b, const struct proposal *p, const char *netns)
{
	int count = 0;

	for (size_t i = 0; i < p->count; i++) {
		if (kind_of_target(p->wishes[i].tunable)->prefix[0] == '\0')
			continue;
		if (bytes_printf(b, "  ") < 0 || by_hand_append_set(b, &p->wishes[i], netns) < 0)
			return -ENOMEM;
		count++;
	}
	return count;
}

int by_hand_append(struct bytes *b, const struct diagnosis *diagnosis,
		   const struct tunable_values *values, const char *netns)
{
	const struct proposal_choice all = { .least = SEVERITY_INFO };
	struct proposal proposal = { 0 };
	int r = proposal_make(diagnosis, &all, &proposal, NULL);
	int sets = 0;

	if (r == 0)
		r = append_commands(b, &proposal, values, netns);
	if (r >= 0)
		sets = append_sets(b, &proposal, netns);
	proposal_done(&proposal);
	return r < 0 || sets < 0 ? -ENOMEM : r + sets;
}
