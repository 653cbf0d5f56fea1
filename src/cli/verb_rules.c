#include "base/cleanup.h"
#include "cli/document.h"
#include "cli/exit_status.h"
#include "cli/inspection.h"
#include "cli/phrase.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "rules/template.h"

#define RULES_SCHEMA "netwright.rules/1"
#define TITLE_MAX    512

static const struct table_column columns[] = {
	{ "ID", false },      { "SLUG", false },  { "SCOPE", false },
	{ "CEILING", false }, { "TITLE", false },
};

static int print_text(const struct rulebook *book, FILE *out, struct error *e)
{
	struct terminal terminal;
	struct table table;
	int r = 0;

	terminal_examine(out, COLOR_NEVER, &terminal);
	table_init(&table, columns, ARRAY_LEN(columns));
	for (size_t i = 0; i < book->count && r == 0; i++) {
		const struct rule *rule = &book->rules[i];
		char title[TITLE_MAX];
		const char *cells[] = {
			rule->id,
			rule->slug,
			entity_kind_name(rule->scope),
			severity_name(rule->ceiling),
			phrase_template(template_text(rule->title), rule->scope, title,
					sizeof(title)),
		};

		r = table_add(&table, cells);
	}
	if (r == 0)
		table_print(&table, out, 0, terminal.is_tty ? terminal.width : 0);
	table_done(&table);
	return r < 0 ? error_errno(e, r, NULL, "table") : 0;
}

static json_t *rule_object(struct document *d, const struct rule *rule)
{
	json_t *object = json_object();

	document_set(d, object, "id", document_text(rule->id));
	document_set(d, object, "slug", document_text(rule->slug));
	document_set(d, object, "scope", document_text(entity_kind_name(rule->scope)));
	document_set(d, object, "class", document_text(rule->class_name));
	document_set(d, object, "severity_ceiling", document_text(severity_name(rule->ceiling)));
	document_set(d, object, "title", document_text(template_text(rule->title)));
	document_set(d, object, "when", document_text(expression_text(rule->when)));
	document_set(d, object, "why", document_text(rule->why));
	document_set(d, object, "risk", document_text(rule->risk));
	document_set(d, object, "source", document_text(rule->source));
	document_set(d, object, "file", document_text(rule->file));
	document_set(d, object, "line", document_number(rule->line));
	return object;
}

static int print_json(const struct rulebook *book, FILE *out, struct error *e)
{
	json_t *list = json_array();
	struct document d;
	int r;

	document_init(&d, RULES_SCHEMA);
	for (size_t i = 0; i < book->count; i++)
		document_append(&d, list, rule_object(&d, &book->rules[i]));
	document_set(&d, d.root, "rules", list);
	r = document_print(&d, out, e);
	document_done(&d);
	return r;
}

static int run(const struct settings *s, FILE *out, struct error *e)
{
	struct rulebook book = { 0 };
	int r = inspection_load_rules(s, &book, e);

	if (r == 0)
		r = s->json ? print_json(&book, out, e) : print_text(&book, out, e);
	rulebook_done(&book);
	return r < 0 ? r : EXIT_STATUS_OK;
}

static const struct example examples[] = {
	{ "netwright rules", "what an audit looks for" },
	{ "netwright rules --rules ./my-rules", "check rule books before installing them" },
	{ NULL, NULL },
};

static const struct option_spec options[] = {
	OPTION_ROW_JSON,
	OPTION_ROW_RULES,
};

const struct verb verb_rules = {
	.name = "rules",
	.usage = "[OPTION...]",
	.summary = "list the rules: id, slug, scope, highest severity, title",
	.description = "Lists the rules that an audit applies: the built-in ones and those of "
		       "/etc/netwright/rules. A mistake in a rule book is reported with file, line "
		       "and column.",
	.examples = examples,
	.options = options,
	.option_count = ARRAY_LEN(options),
	.run = run,
};
