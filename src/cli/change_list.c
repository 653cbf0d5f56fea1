#include "cli/change_list.h"

#include "cli/change_report.h"
#include "cli/exit_status.h"

#include <errno.h>
#include <stdlib.h>

static int allocate(struct change_list *l, size_t n, struct error *e)
{
	l->all = calloc(n > 0 ? n : 1, sizeof(l->all[0]));
	l->unreadable = calloc(n > 0 ? n : 1, sizeof(l->unreadable[0]));
	if (l->all == NULL || l->unreadable == NULL)
		return error_errno(e, -ENOMEM, NULL, "journal");
	return 0;
}

static int load(struct store *store, const int64_t *ids, size_t n, struct change_list *ret,
		struct error *e)
{
	int r = allocate(ret, n, e);

	for (size_t i = 0; r == 0 && i < n; i++) {
		struct error why = { 0 };

		r = store_load(store, ids[i], &ret->all[ret->count], &why);
		if (r == 0) {
			ret->count++;
		} else if (r == -EBADMSG) {
			ret->unreadable[ret->unreadable_count++] =
				(struct change_unreadable){ ids[i], why };
			r = 0;
		} else if (e != NULL) {
			*e = why;
		}
	}
	return r;
}

int change_list_load(struct store *store, unsigned int state_mask, size_t limit,
		     struct change_list *ret, struct error *e)
{
	int64_t *ids = NULL;
	size_t n = 0;
	int r = 0;

	if (store != NULL)
		r = store_list(store, state_mask, limit, &ids, &n, e);
	if (r == 0)
		r = load(store, ids, n, ret, e);
	free(ids);
	return r;
}

int change_list_load_one(struct store *store, int64_t id, struct change_list *ret, struct error *e)
{
	int r = load(store, &id, 1, ret, e);

	return r == 0 && ret->unreadable_count > 0 ? change_list_refuse(ret, e) : r;
}

int change_list_refuse(const struct change_list *l, struct error *e)
{
	const struct error *why = &l->unreadable[0].why;

	return error_set(e, why->code, why->kind, NULL, "%s", why->text);
}

int change_list_complain(const struct change_list *l)
{
	for (size_t i = 0; i < l->unreadable_count; i++)
		change_print_unreadable(&l->unreadable[i].why);
	return l->unreadable_count > 0 ? EXIT_STATUS_CONFLICT : EXIT_STATUS_OK;
}

bool change_list_is_forgotten(const struct transaction_record *t)
{
	return t->state == TRANSACTION_VOID && t->persistence == PERSISTENCE_NONE;
}

void change_list_drop_forgotten(struct change_list *l)
{
	size_t left = 0;

	for (size_t i = 0; i < l->count; i++) {
		if (change_list_is_forgotten(&l->all[i]))
			transaction_record_done(&l->all[i]);
		else
			l->all[left++] = l->all[i];
	}
	l->count = left;
}

void change_list_done(struct change_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		transaction_record_done(&l->all[i]);
	free(l->all);
	free(l->unreadable);
	*l = (struct change_list){ 0 };
}

json_t *change_list_object(struct document *d, const struct change_list *l)
{
	json_t *list = json_array();

	for (size_t i = 0; i < l->count; i++)
		document_append(d, list, change_transaction_object(d, &l->all[i]));
	return list;
}

json_t *change_list_unreadable(struct document *d, const struct change_list *l)
{
	json_t *list = json_array();

	for (size_t i = 0; i < l->unreadable_count; i++) {
		const struct change_unreadable *u = &l->unreadable[i];
		json_t *object = json_object();

		document_set(d, object, "id", json_integer(u->id));
		document_set(d, object, "why", document_text(u->why.text));
		document_append(d, list, object);
	}
	return list;
}

int change_list_print_json(const struct change_list *l, FILE *out, struct error *e)
{
	struct document d;
	int r;

	document_init(&d, HISTORY_SCHEMA);
	document_set(&d, d.root, "transactions", change_list_object(&d, l));
	document_set(&d, d.root, "unreadable", change_list_unreadable(&d, l));
	r = document_print(&d, out, e);
	document_done(&d);
	return r;
}
