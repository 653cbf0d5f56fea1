#include "cli/change_list.h"

#include "cli/change_report.h"

#include <errno.h>
#include <stdlib.h>

static int load(struct store *store, const int64_t *ids, size_t n, struct change_list *ret,
		struct error *e)
{
	ret->all = calloc(n > 0 ? n : 1, sizeof(ret->all[0]));
	if (ret->all == NULL)
		return error_errno(e, -ENOMEM, NULL, "journal");
	for (size_t i = 0; i < n; i++) {
		int r = store_load(store, ids[i], &ret->all[i], e);

		ret->count = i + 1;
		if (r < 0)
			return r;
	}
	return 0;
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
	return load(store, &id, 1, ret, e);
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
	*l = (struct change_list){ 0 };
}

json_t *change_list_object(struct document *d, const struct change_list *l)
{
	json_t *list = json_array();

	for (size_t i = 0; i < l->count; i++)
		document_append(d, list, change_transaction_object(d, &l->all[i]));
	return list;
}

int change_list_print_json(const struct change_list *l, FILE *out, struct error *e)
{
	struct document d;
	int r;

	document_init(&d, HISTORY_SCHEMA);
	document_set(&d, d.root, "transactions", change_list_object(&d, l));
	r = document_print(&d, out, e);
	document_done(&d);
	return r;
}
