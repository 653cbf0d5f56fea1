/* netwright profile list, show and check. */
#include "base/cleanup.h"
#include "cli/document.h"
#include "cli/exit_status.h"
#include "cli/profile_action.h"
#include "cli/table.h"
#include "cli/terminal.h"

#include <string.h>

static const struct table_column columns[] = {
	{ "NAME", false },
	{ "FROM", false },
	{ "SUMMARY", false },
};

static int list_text(const struct profile_library *l, FILE *out, struct error *e)
{
	struct terminal terminal;
	struct table table;
	int r = 0;

	terminal_examine(out, COLOR_NEVER, &terminal);
	table_init(&table, columns, ARRAY_LEN(columns));
	for (size_t i = 0; i < l->count && r == 0; i++) {
		const struct profile *p = &l->profiles[i];
		bool own = strchr(p->file, '/') != NULL;

		r = table_add(&table,
			      (const char *[]){ p->name, own ? p->file : "built-in", p->summary });
	}
	if (r == 0)
		table_print(&table, out, 0, terminal.is_tty ? terminal.width : 0);
	table_done(&table);
	return r < 0 ? error_errno(e, r, NULL, "table") : 0;
}

static int list_json(const struct profile_library *l, FILE *out, struct error *e)
{
	json_t *list = json_array();
	struct document d;
	int r;

	document_init(&d, PROFILE_LIST_SCHEMA);
	for (size_t i = 0; i < l->count; i++) {
		json_t *object = json_object();

		document_set(&d, object, "name", document_text(l->profiles[i].name));
		document_set(&d, object, "summary", document_text(l->profiles[i].summary));
		document_set(&d, object, "file", document_text(l->profiles[i].file));
		document_append(&d, list, object);
	}
	document_set(&d, d.root, "profiles", list);
	r = document_print(&d, out, e);
	document_done(&d);
	return r;
}

int profile_list(const struct settings *s, const char *const *operands, size_t count, FILE *out,
		 struct error *e)
{
	struct profile_library library = { 0 };
	int r = profile_view_load(s, &library, e);

	(void)operands;
	(void)count;
	if (r == 0)
		r = s->json ? list_json(&library, out, e) : list_text(&library, out, e);
	profile_library_done(&library);
	return r < 0 ? r : EXIT_STATUS_OK;
}

static int show(const struct settings *s, const struct profile_library *library, const char *name,
		FILE *out, struct error *e)
{
	struct profile_scene scene = { 0 };
	struct profile_view view = { 0 };
	int r = profile_scene_open(s, &scene, e);

	if (r == 0)
		r = profile_view_open(s, library, name, &scene, &view, e);
	if (r == 0)
		r = s->json ? profile_print_json(&view, out, e) : profile_print(s, &view, out, e);
	profile_view_done(&view);
	profile_scene_done(&scene);
	return r < 0 ? r : EXIT_STATUS_OK;
}

int profile_show(const struct settings *s, const char *const *operands, size_t count, FILE *out,
		 struct error *e)
{
	struct profile_library library = { 0 };
	int r = profile_view_load(s, &library, e);

	(void)count;
	if (r == 0)
		r = show(s, &library, operands[0], out, e);
	profile_library_done(&library);
	return r;
}

int profile_check(const struct settings *s, const char *const *operands, size_t count, FILE *out,
		  struct error *e)
{
	struct profile_library library = { 0 };
	const char *name = NULL;
	int r = profile_view_load(s, &library, e);

	(void)count;
	if (r == 0)
		r = profile_library_load_file(&library, operands[0], &name, e);
	if (r == 0)
		r = show(s, &library, name, out, e);
	profile_library_done(&library);
	return r;
}
