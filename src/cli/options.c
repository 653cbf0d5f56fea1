#include "cli/options.h"

#include "base/suggest.h"
#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Shorter than the sampling interval (1 s) there is no interval; an hour bounds a recording. */
#define DURATION_MIN_S 1.0
#define DURATION_MAX_S 3600.0

const char *const color_choices[] = { "auto", "always", "never", NULL };
const char *const export_choices[] = { "commands", "sysctl.d", NULL };
const char *const flow_order_choices[] = { "goodput", "retransmits", "rtt", NULL };
const char *const severity_choices[] = { "info", "low", "medium", "high", "critical", NULL };

const struct option_spec option_help = {
	.name = "help",
	.letter = 'h',
	.type = OPTION_FLAG,
	.help = "print this help",
	.offset = offsetof(struct settings, help),
};

struct parser {
	const char *verb;
	const struct option_spec *options;
	size_t count;
	struct settings settings;
};

static const struct option_spec *find_name(const struct parser *p, const char *name, size_t len)
{
	for (size_t i = 0; i < p->count; i++) {
		const char *known = p->options[i].name;

		if (strlen(known) == len && strncmp(known, name, len) == 0)
			return &p->options[i];
	}
	if (strlen(option_help.name) == len && strncmp(option_help.name, name, len) == 0)
		return &option_help;
	return NULL;
}

static const struct option_spec *find_letter(const struct parser *p, char letter)
{
	for (size_t i = 0; i < p->count; i++) {
		if (p->options[i].letter == letter)
			return &p->options[i];
	}
	return option_help.letter == letter ? &option_help : NULL;
}

static int unknown_option(const struct parser *p, const char *name, size_t len, struct error *e)
{
	struct suggestion s = suggest_start(name, len);
	char word[64];

	suggest_offer(&s, option_help.name);
	for (size_t i = 0; i < p->count; i++)
		suggest_offer(&s, p->options[i].name);
	text_copy_printable(word, sizeof(word), name, len);
	if (s.best != NULL)
		return error_set(e, -EINVAL, ERROR_INPUT, p->verb,
				 "unknown option --%s; did you mean --%s?", word, s.best);
	return error_set(e, -EINVAL, ERROR_INPUT, p->verb,
			 "unknown option --%s; netwright %s --help lists all", word, p->verb);
}

static int set_choice(const struct parser *p, const struct option_spec *o, const char *text,
		      int *field, struct error *e)
{
	char list[128] = "";
	size_t used = 0;

	for (int i = 0; o->choices[i] != NULL; i++) {
		int n;

		if (strcmp(o->choices[i], text) == 0) {
			*field = i;
			return 0;
		}
		n = snprintf(list + used, sizeof(list) - used, "%s%s", i > 0 ? ", " : "",
			     o->choices[i]);
		if (n > 0 && (size_t)n < sizeof(list) - used)
			used += (size_t)n;
	}
	return error_set(e, -EINVAL, ERROR_INPUT, p->verb, "--%s: \"%s\" is none of %s", o->name,
			 text, list);
}

static int set_duration(const struct parser *p, const struct option_spec *o, const char *text,
			double *field, struct error *e)
{
	double seconds;
	int r = text_parse_duration(text, DURATION_MAX_S, &seconds);

	if (r == -ERANGE || (r == 0 && seconds < DURATION_MIN_S))
		return error_set(e, -EINVAL, ERROR_INPUT, p->verb,
				 "--%s: \"%s\" is outside 1s to 1h", o->name, text);
	if (r < 0)
		return error_set(e, -EINVAL, ERROR_INPUT, p->verb,
				 "--%s: \"%s\" is not a duration such as 10s or 2min", o->name,
				 text);
	*field = seconds;
	return 0;
}

static int add_to_list(const struct parser *p, const struct option_spec *o, const char *text,
		       struct option_list *list, struct error *e)
{
	if (list->count == OPTION_LIST_MAX)
		return error_set(e, -EINVAL, ERROR_INPUT, p->verb,
				 "--%s is given more than %d times", o->name, OPTION_LIST_MAX);
	list->texts[list->count++] = text;
	return 0;
}

static void *field_of(struct parser *p, const struct option_spec *o)
{
	return (char *)&p->settings + o->offset;
}

static void set_flag(struct parser *p, const struct option_spec *o)
{
	*(bool *)field_of(p, o) = true;
}

static int set_argument(struct parser *p, const struct option_spec *o, const char *text,
			struct error *e)
{
	void *field = field_of(p, o);

	if (text[0] == '\0')
		return error_set(e, -EINVAL, ERROR_INPUT, p->verb, "--%s: %s is empty", o->name,
				 o->argument);
	switch (o->type) {
	case OPTION_TEXT:
		*(const char **)field = text;
		return 0;
	case OPTION_LIST:
		return add_to_list(p, o, text, field, e);
	case OPTION_DURATION:
		return set_duration(p, o, text, field, e);
	case OPTION_NUMBER:
		if (text_parse_u64(text, strlen(text), 10, field) < 0)
			return error_set(e, -EINVAL, ERROR_INPUT, p->verb,
					 "--%s: \"%s\" is not a whole number", o->name, text);
		return 0;
	case OPTION_CHOICE:
		return set_choice(p, o, text, field, e);
	case OPTION_FLAG:
	default:
		return error_set(e, -EINVAL, ERROR_INPUT, p->verb, "--%s takes no argument",
				 o->name);
	}
}

/* One word that starts with "--". Returns how many words after it were taken. */
static int parse_long(struct parser *p, const char *word, const char *next, struct error *e)
{
	const char *name = word + 2;
	const char *equals = strchr(name, '=');
	size_t len = equals != NULL ? (size_t)(equals - name) : strlen(name);
	const struct option_spec *o = find_name(p, name, len);
	int r;

	if (o == NULL)
		return unknown_option(p, name, len, e);
	if (o->type == OPTION_FLAG) {
		if (equals != NULL)
			return error_set(e, -EINVAL, ERROR_INPUT, p->verb, "--%s takes no argument",
					 o->name);
		set_flag(p, o);
		return 0;
	}
	if (equals != NULL)
		return set_argument(p, o, equals + 1, e);
	if (next == NULL)
		return error_set(e, -EINVAL, ERROR_INPUT, p->verb, "--%s needs an argument: %s",
				 o->name, o->argument);
	r = set_argument(p, o, next, e);
	return r < 0 ? r : 1;
}

static int parse_letters(struct parser *p, const char *letters, struct error *e)
{
	for (; *letters != '\0'; letters++) {
		const struct option_spec *o = find_letter(p, *letters);
		char shown[2];

		text_copy_printable(shown, sizeof(shown), letters, 1);
		if (o == NULL || o->type != OPTION_FLAG)
			return error_set(e, -EINVAL, ERROR_INPUT, p->verb,
					 "unknown option -%s; netwright %s --help lists all", shown,
					 p->verb);
		set_flag(p, o);
	}
	return 0;
}

static int add_operand(struct parser *p, const char *word, struct error *e)
{
	struct settings *s = &p->settings;

	if (s->operand_count == SETTINGS_OPERANDS_MAX)
		return error_set(e, -EINVAL, ERROR_INPUT, p->verb, "more than %d names",
				 SETTINGS_OPERANDS_MAX);
	s->operands[s->operand_count++] = word;
	return 0;
}

int options_parse(const char *verb, const struct option_spec *options, size_t count, int argc,
		  char *const *argv, struct settings *ret, struct error *e)
{
	struct parser p = { .verb = verb, .options = options, .count = count };
	bool only_operands = false;

	p.settings.verb = verb;
	p.settings.words = argv;
	p.settings.word_count = argc;
	p.settings.export = -1;
	p.settings.fail_on = -1;
	p.settings.days = UINT64_MAX;
	p.settings.limit = UINT64_MAX;
	p.settings.pairs = UINT64_MAX;
	for (int i = 0; i < argc; i++) {
		const char *word = argv[i];
		int r;

		if (only_operands || word[0] != '-' || word[1] == '\0') {
			r = add_operand(&p, word, e);
		} else if (strcmp(word, "--") == 0) {
			only_operands = true;
			r = 0;
		} else if (word[1] == '-') {
			r = parse_long(&p, word, i + 1 < argc ? argv[i + 1] : NULL, e);
		} else {
			r = parse_letters(&p, word + 1, e);
		}
		if (r < 0)
			return r;
		i += r;
	}
	*ret = p.settings;
	return 0;
}
