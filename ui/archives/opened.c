/* SPDX-License-Identifier: BSD-2-Clause */
#include "archives/opened.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cyrkeep/server.h>

#include "loop/task.h"

static int name_it(struct ui_opened *o, const struct ck_settings *settings, struct ck_err *err)
{
	CK_FREE char *number = NULL, *path = NULL;
	if (asprintf(&number, "%u", o->info->number) < 0) {
		number = NULL;
		return ck_err_nomem(err);
	}
	bool alone = ck_archive_find(settings, number, &path, NULL) == 0 &&
	             strcmp(path, o->info->path) == 0;
	o->name = strdup(alone ? number : o->info->path);
	return o->name ? 0 : ck_err_nomem(err);
}

int ui_opened_arrange(struct ui_opened *o)
{
	struct ck_sum sum = {0};
	o->sums = ck_alloc(o->n + 1, sizeof *o->sums);
	if (!o->sums || ui_boxtree_build(o->mailboxes, o->n, o->separator, &o->boxes) < 0)
		return CK_ENOMEM;
	for (size_t i = 0; i < o->boxes.n; i++) { /* in the order of their places */
		const struct ui_boxnode *node = &o->boxes.nodes[i];
		if (node->mailbox == UI_TREE_NONE)
			continue;
		const struct ck_archived_mailbox *m = &o->mailboxes[node->mailbox];
		bool kept = ui_opened_is_kept(o, node->mailbox);
		bool usual = kept && !(m->flags & CK_MBOX_DELAYED);
		if ((kept && ck_runs_add(&o->kept, node->first) < 0) ||
		    (usual && ck_runs_add(&o->usual, node->first) < 0))
			return CK_ENOMEM;
		sum.mailboxes += kept;
		sum.messages += kept ? m->messages : 0;
		sum.bytes += kept ? m->bytes : 0;
		o->sums[node->first + 1] = sum;
	}
	return CK_OK;
}

void ui_opened_disarrange(struct ui_opened *o)
{
	ui_boxtree_fini(&o->boxes);
	ck_runs_fini(&o->kept);
	ck_runs_fini(&o->usual);
	ck_runs_fini(&o->basket.whole);
	ck_runs_fini(&o->basket.uids);
	ck_runs_fini(&o->before.whole);
	ck_runs_fini(&o->before.uids);
	free(CK_STEAL(o->sums));
}

static void release(void *data)
{
	struct ui_opened *o = data;
	ui_opened_disarrange(o);
	ck_archived_mailboxes_free(o->mailboxes, o->n);
	ck_archive_close(o->archive);
	pthread_mutex_destroy(&o->lock);
	free(o->name);
	free(o);
}

int ui_opened_open(struct ui_app *app, const struct ck_settings *settings, const char *which,
                   struct ui_opened **ret, struct ck_err *err)
{
	struct ui_opened *o = ck_alloc(1, sizeof *o);
	if (!o)
		return ck_err_nomem(err);
	o->refs = 1;
	o->app = app;
	pthread_mutex_init(&o->lock, NULL);
	int r = ck_archive_open(settings, which, &o->archive, err);
	if (r == 0)
		r = ck_archive_mailboxes(o->archive, &o->mailboxes, &o->n, err);
	if (r == 0) {
		o->separator = ck_archive_separator(o->archive);
		r = ui_opened_arrange(o) < 0 ? ck_err_nomem(err) : 0;
	}
	if (r == 0) {
		o->info = ck_archive_info(o->archive);
		r = name_it(o, settings, err);
	}
	if (r < 0) {
		release(o);
		return r;
	}
	o->plan = ck_archive_plan(o->archive);
	for (size_t i = 0; i < o->n; i++)
		o->nleft_out += o->mailboxes[i].left_out_by != NULL;
	*ret = o;
	return CK_OK;
}

struct ui_opened *ui_opened_ref(struct ui_opened *o)
{
	if (o)
		o->refs++;
	return o;
}

void ui_opened_unref(struct ui_opened *o)
{
	if (o && --o->refs == 0)
		ui_task_discard(o->app, release, o);
}

bool ui_opened_is_kept(const struct ui_opened *o, size_t mailbox)
{
	const struct ck_archived_mailbox *m = &o->mailboxes[mailbox];
	return !m->left_out_by && !(m->flags & (CK_MBOX_INTERMEDIATE | CK_MBOX_DAV));
}

uint32_t ui_opened_place(const struct ui_opened *o, size_t mailbox)
{
	return o->boxes.nodes[o->boxes.node_of[mailbox]].first;
}

/* --- command lines --------------------------------------------------------------------- */

void ui_restore_command(const struct ck_settings *settings, const struct ck_restore_request *r,
                        struct ck_buf *ret)
{
	ck_settings_command(settings, ret);
	(void)ck_buf_adds(ret, " restore ");
	(void)ck_buf_add_word(ret, r->archive);
	for (size_t i = 0; i < r->patterns.n; i++) {
		(void)ck_buf_addc(ret, ' ');
		(void)ck_buf_add_word(ret, r->patterns.items[i]);
	}
	ck_restore_request_options(r, ret);
}
