/* SPDX-License-Identifier: BSD-2-Clause */
#include "archives/rehearsal_table.h"

#define OPEN_MOST 200 /* rows: more users than that are shown closed */

static const struct ck_rehearsal_mailbox *node_at(const struct ui_rehearsal_table *t, size_t row)
{
	return t->found->nodes[row].m;
}

static const struct ck_rehearsal_mailbox *mailbox_at(const struct ui_rehearsal_table *t, size_t row)
{
	return &t->found->plan.mailboxes[row];
}

static void value_of_node(const void *ctx, size_t row, int column, char *buf, size_t size,
                          struct ui_value *ret)
{
	const struct ui_rehearsal_table *t = ctx;
	ui_rehearsed_value(node_at(t, row), t->request->leave_elsewhere,
	                   (enum ui_rehearsed_column)column, buf, size, ret);
	if (column != UI_REHEARSED_NAME)
		return;
	ret->text = t->found->nodes[row].label;
	if (t->found->nsums) /* else there is nothing to open */
		ui_tree_decorate(&t->tree, (uint32_t)row, ret);
}

static size_t step(const void *ctx, size_t row, bool down)
{
	return ui_tree_step(&((const struct ui_rehearsal_table *)ctx)->tree, row, down);
}

static void value(const void *ctx, size_t row, int column, char *buf, size_t size,
                  struct ui_value *ret)
{
	const struct ui_rehearsal_table *t = ctx;
	ui_rehearsed_value(mailbox_at(t, row), t->request->leave_elsewhere,
	                   (enum ui_rehearsed_column)column, buf, size, ret);
}

static void sort_by(const void *ctx, size_t row, int column, struct ui_sort *ret)
{
	const struct ui_rehearsal_table *t = ctx;
	ui_rehearsed_sort(mailbox_at(t, row), t->request->leave_elsewhere,
	                  (enum ui_rehearsed_column)column, ret);
}

static const struct ui_list_ops tree_ops = {.value = value_of_node, .step = step};
static const struct ui_list_ops flat_ops = {.value = value, .sort = sort_by};

void ui_rehearsal_table_init(struct ui_rehearsal_table *t, const struct ck_restore_request *request)
{
	*t = (struct ui_rehearsal_table){.request = request};
	ui_list_init(&t->rows, &tree_ops, t, ui_rehearsed_columns);
	ui_list_init(&t->flat, &flat_ops, t, ui_rehearsed_columns);
}

void ui_rehearsal_table_fini(struct ui_rehearsal_table *t)
{
	ui_list_fini(&t->rows);
	ui_list_fini(&t->flat);
	ui_tree_fini(&t->tree);
}

void ui_rehearsal_table_set(struct ui_rehearsal_table *t, const struct ui_rehearsed *found)
{
	t->found = found;
	ui_tree_fini(&t->tree);
	if (found) {
		ui_tree_init(&t->tree, &ui_rehearsed_tree, found, found->n);
		if (found->n <= OPEN_MOST || found->nsums == 1)
			(void)ui_tree_set_open(&t->tree, 0, true, true);
	}
	ui_list_set(&t->rows, t, found ? found->n : 0);
	ui_list_set(&t->flat, t, found ? found->plan.n : 0);
}

static struct ui_list *shown(struct ui_rehearsal_table *t)
{
	return t->sorted ? &t->flat : &t->rows;
}

const struct ck_rehearsal_mailbox *ui_rehearsal_table_under_bar(const struct ui_rehearsal_table *t)
{
	size_t row = t->found ? ui_list_row(t->sorted ? &t->flat : &t->rows) : UI_LIST_NONE;
	return row == UI_LIST_NONE ? NULL : t->sorted ? mailbox_at(t, row) : node_at(t, row);
}

int ui_rehearsal_table_rows(const struct ui_rehearsal_table *t, int most)
{
	int n = 1;
	if (t->sorted)
		return t->flat.nshown < (size_t)most ? (int)t->flat.nshown + 1 : most;
	for (size_t row = step(t, UI_LIST_NONE, true); row != UI_LIST_NONE && n < most;
	     row = step(t, row, true))
		n++;
	return n;
}

void ui_rehearsal_table_layout(struct ui_rehearsal_table *t, struct ui_rect at)
{
	ui_list_layout(&t->rows, at);
	ui_list_layout(&t->flat, at);
}

void ui_rehearsal_table_focus(struct ui_rehearsal_table *t, bool focus)
{
	t->rows.no_focus = t->flat.no_focus = !focus;
}

/** Sorted, mailboxes stand for themselves; after the last column the tree is back. */
static enum ui_reply sort(struct ui_rehearsal_table *t)
{
	enum ui_reply r = ui_list_act(&t->flat, UI_ACT_SORT);
	t->sorted = t->flat.sort >= 0;
	return r;
}

enum ui_reply ui_rehearsal_table_act(struct ui_rehearsal_table *t, enum ui_action a)
{
	if (a == UI_ACT_SORT)
		return sort(t);
	enum ui_reply r = t->sorted ? UI_IGNORED : ui_tree_act(&t->tree, &t->rows, a);
	return r == UI_IGNORED ? ui_list_act(shown(t), a) : r;
}

enum ui_reply ui_rehearsal_table_key(struct ui_rehearsal_table *t, const struct ui_key *k)
{
	return ui_list_key(shown(t), k);
}

enum ui_reply ui_rehearsal_table_work(struct ui_rehearsal_table *t)
{
	return t->sorted ? ui_list_work(&t->flat) : UI_IGNORED;
}

void ui_rehearsal_table_draw(const struct ui_rehearsal_table *t, struct ui_canvas *c)
{
	ui_list_draw(t->sorted ? &t->flat : &t->rows, c);
}
