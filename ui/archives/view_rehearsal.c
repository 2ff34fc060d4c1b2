/* SPDX-License-Identifier: BSD-2-Clause */
/** Restore, second page: what would be done, compared with the server just now. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archives/answers.h"
#include "archives/browse.h"
#include "archives/prose.h"
#include "archives/rehearsal_table.h"
#include "archives/rehearsal_words.h"
#include "archives/rehearsing.h"
#include "archives/savefile.h"
#include "loop/app.h"
#include "loop/dialog.h"
#include "loop/house.h"
#include "loop/places.h"
#include "loop/views.h"
#include "terminal/wrap.h"
#include "widgets/list.h"
#include "words/fmt.h"

#define WIDE        120 /* from here on the row is explained beside the list */
#define PANE_PART   67  /* per cent of the width for the list then */
#define PANE_LEAST  14  /* rows of the explanation */
#define TABLE_LEAST 5   /* rows, with the titles */

enum block {
	BLOCK_TABLE,
	BLOCK_ANSWERS,
	BLOCK_WORDS,
	BLOCK_MAX_,
};

struct state {
	struct ui_app *app;
	struct ck_restore_request request; /**< With the answers. */
	struct ck_watch *watch;            /**< While it is being worked out. */
	bool starting;
	struct ck_err failed;
	struct ui_rehearsed *found; /**< NULL: not known yet. */
	size_t nrefused, nwork;
	struct ui_rehearsal_table table;
	struct ui_answers answers;
	struct ui_prose words;
	enum block focus;
	bool zoom; /**< The block with the focus has it all. */
	int table_rows;
	int answers_y; /**< Row of their title; -1: none. */
	char *about;   /**< The row under the bar, where there is room beside the list. */
};

static bool leaves(const struct state *s)
{
	return s->request.leave_elsewhere;
}

/* --- working it out ----------------------------------------------------------------------- */

static void layout(struct ui_view *v, int rows, int cols);

static void rehearsed(void *owner, void *data, int r, const struct ck_err *err)
{
	struct ui_view *v = owner;
	struct state *s = v->state;
	struct ui_rehearsing *t = data;
	s->watch = NULL;
	if (r < 0) {
		s->failed = *err;
		return;
	}
	s->found = CK_STEAL(t->found);
	s->answers.plan = &s->found->plan;
	s->nrefused = s->nwork = 0;
	for (size_t i = 0; i < s->found->plan.n; i++) {
		const struct ck_rehearsal_mailbox *m = &s->found->plan.mailboxes[i];
		s->nrefused += m->action == CK_RESTORE_REFUSE;
		s->nwork += m->action == CK_RESTORE_RECREATE || m->action == CK_RESTORE_CREATE ||
		            (m->action == CK_RESTORE_ADD && m->missing);
	}
	ui_rehearsal_table_set(&s->table, s->found);
	layout(v, v->rows, v->cols);
}

static const struct ui_task_kind rehearse_kind = {ui_rehearse, rehearsed, ui_rehearsing_free};

static void forget(struct state *s)
{
	ui_rehearsal_table_set(&s->table, NULL);
	ui_answers_fini(&s->answers);
	s->answers.request = &s->request;
	ui_task_discard(s->app, ui_rehearsed_free, CK_STEAL(s->found));
}

static void set_focus(struct state *s, enum block block)
{
	s->focus = block;
	ui_rehearsal_table_focus(&s->table, block == BLOCK_TABLE);
}

static void start_rehearsal(struct ui_view *v)
{
	struct state *s = v->state;
	struct ui_rehearsing *t = ui_rehearsing_new(v->app, &s->request, NULL);
	s->failed = (struct ck_err)CK_ERR_INIT;
	forget(s);
	set_focus(s, BLOCK_TABLE);
	if (!t)
		(void)ck_err_nomem(&s->failed);
	else
		(void)ui_task_start(v->app, &rehearse_kind, v, t, &s->watch, &s->failed);
}

/* --- starting the job ---------------------------------------------------------------------- */

static void job_started(void *owner, void *data, int r, const struct ck_err *err)
{
	struct ui_view *v = owner;
	struct state *s = v->state;
	const struct ui_rehearsing *t = data;
	struct ui_app *app = v->app;
	bool here = ui_app_is_shown(app, v);
	uint32_t job = t->job;
	s->starting = false;
	if (r < 0) {
		ui_app_fail(app, "The restore was not started", err);
		return;
	}
	/* Both pages have done their work: back from the job is where it was asked for. */
	ui_app_close(app, v->below && v->below->ops == &ui_view_restore ? v->below : v);
	ui_show_job(app, job, here);
}

static const struct ui_task_kind start_kind = {ui_restore_start, job_started, ui_rehearsing_free};

static void start(struct ui_view *v)
{
	struct state *s = v->state;
	struct ck_err err = CK_ERR_INIT;
	struct ui_rehearsing *t = ui_rehearsing_new(v->app, &s->request, s->found->plan.path);
	int r = t ? ui_task_start(v->app, &start_kind, v, t, NULL, &err) : ck_err_nomem(&err);
	s->starting = r == 0;
	if (r < 0)
		ui_app_fail(v->app, "The restore was not started", &err);
}

static void raise_confirmed(struct ui_view *v, int button)
{
	if (button == 1)
		start(v);
	ui_app_dirty(v->app);
}

/** A limit that is raised stays so: then it is asked once more. */
static enum ui_reply forward(struct ui_view *v)
{
	static const char *const buttons[] = {"Back", "Raise and restore", NULL};
	const struct state *s = v->state;
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	if (!ui_rehearsal_raises(&s->found->plan, &s->request, &text))
		start(v);
	else
		(void)ui_dialog_open(v, &(struct ui_dialog){.title = "Raise the limit of a quota?",
		                                            .text = text.data,
		                                            .buttons = buttons,
		                                            .done = raise_confirmed});
	return UI_REPAINT;
}

/* --- drawing ------------------------------------------------------------------------------- */

/** The table takes what is left of the width by the pane. */
static int list_width(const struct ui_view *v)
{
	return v->cols >= WIDE ? v->cols * PANE_PART / 100 : v->cols;
}

static void explain(struct ui_view *v)
{
	struct state *s = v->state;
	struct ck_buf out = CK_BUF_INIT;
	const struct ck_rehearsal_mailbox *m = ui_rehearsal_table_under_bar(&s->table);
	free(s->about);
	s->about = NULL;
	if (v->cols < WIDE || !m)
		return;
	ui_rehearsed_explain(m, leaves(s), &out);
	s->about = ck_buf_take(&out);
}

static enum ui_reply moved(struct ui_view *v, enum ui_reply r)
{
	if (r == UI_REPAINT)
		explain(v);
	return r;
}

static enum ui_reply work(struct ui_view *v)
{
	struct state *s = v->state;
	return moved(v, ui_rehearsal_table_work(&s->table));
}

static void place_blocks(struct ui_view *v)
{
	struct state *s = v->state;
	int answers = s->answers.rows ? s->answers.rows + 1 : 0;
	int words = ui_prose_rows(&s->words), rest = v->rows - answers;
	int rows = ui_rehearsal_table_rows(&s->table, v->rows);
	int least = v->cols >= WIDE ? PANE_LEAST : TABLE_LEAST;
	/* Words may take half of it, and what the table does not need. */
	int own = rest - (words < rest / 2 ? words : rest / 2);
	if (rows < least)
		rows = v->cols >= WIDE ? least : rows;
	if (rows > own)
		rows = own;
	if (s->zoom)
		rows = s->focus == BLOCK_TABLE ? v->rows : 0;
	bool hidden = !answers || (s->zoom && s->focus != BLOCK_ANSWERS);
	s->answers_y = hidden ? -1 : rows;
	int y = rows + (hidden ? 0 : answers);
	s->table_rows = rows;
	ui_rehearsal_table_layout(&s->table, (struct ui_rect){0, 0, rows, list_width(v)});
	ui_prose_layout(&s->words, (struct ui_rect){y, 0, v->rows - y, v->cols});
}

static void layout(struct ui_view *v, int rows, int cols)
{
	struct state *s = v->state;
	struct ck_buf checks = CK_BUF_INIT, run = CK_BUF_INIT;
	(void)rows;
	if (!s->found)
		return;
	ui_answers_layout(&s->answers, cols);
	if (s->focus == BLOCK_ANSWERS && !s->answers.rows)
		set_focus(s, BLOCK_TABLE);
	ui_rehearsal_checks(&s->found->plan, s->nrefused, &checks);
	ui_rehearsal_run(ui_app_settings(s->app), &s->found->plan, &s->request, &run);
	ui_prose_set(&s->words, 0, "Checks", &checks, cols - 2);
	ui_prose_set(&s->words, 1, "Will run", &run, cols - 2);
	place_blocks(v);
	explain(v);
}

static void draw_pane(const struct ui_view *v, struct ui_canvas *c)
{
	const struct state *s = v->state;
	struct ui_canvas above = ui_canvas_part(c, (struct ui_rect){0, 0, s->table_rows, c->at.w});
	struct ui_canvas pane = ui_pane_beside(&above, list_width(v));
	ui_title(&pane, 0, "Under the bar", false);
	if (s->about)
		(void)ui_put_wrapped(&pane, (struct ui_rect){1, 1, pane.at.h - 1, pane.at.w - 2},
		                     UI_ROLE_NORMAL, UI_NAME, s->about);
}

static void draw_waiting(const struct state *s, struct ui_canvas *c)
{
	uint64_t done = s->watch ? atomic_load(&s->watch->done) : 0;
	uint64_t total = s->watch ? atomic_load(&s->watch->total) : 0;
	ui_put(c, 1, 1, c->at.w - 1, UI_ROLE_NORMAL, UI_TEXT,
	       "Comparing the archive with the server ...");
	if (total) {
		ui_bar(c, 3, 1, c->at.w < 62 ? c->at.w - 2 : 60, done, total);
		ui_putf(c, 4, 1, c->at.w - 1, UI_ROLE_NORMAL, "%s of %s mailboxes",
		        ui_fmt_count(done).s, ui_fmt_count(total).s);
	}
	ui_put(c, 6, 1, c->at.w - 1, UI_ROLE_DIM, UI_TEXT, "q gives it up. Nothing is changed.");
}

static void draw_table(const struct ui_view *v, struct ui_canvas *c)
{
	const struct state *s = v->state;
	if (!s->table_rows)
		return;
	if (s->found->plan.n == 0) {
		ui_put(c, 0, 1, c->at.w - 1, UI_ROLE_NORMAL, UI_TEXT,
		       "Nothing of that can be put back; see below.");
		return;
	}
	ui_rehearsal_table_draw(&s->table, c);
	if (v->cols >= WIDE)
		draw_pane(v, c);
}

static void draw(const struct ui_view *v, struct ui_canvas *c)
{
	const struct state *s = v->state;
	if (s->watch) {
		draw_waiting(s, c);
		return;
	}
	if (!s->found) {
		ui_put_failure(c, 1, "The preview cannot be made:", &s->failed,
		               "r tries it again, < goes back");
		return;
	}
	draw_table(v, c);
	if (s->answers_y >= 0) {
		char title[32];
		(void)snprintf(title, sizeof title, "Needs your answer %d", s->answers.nquestions);
		ui_title(c, s->answers_y, title, s->focus == BLOCK_ANSWERS);
		ui_answers_draw(&s->answers, c, s->answers_y + 1, s->focus == BLOCK_ANSWERS);
	}
	if (s->words.at.h > 0)
		ui_prose_draw(&s->words, c, s->focus == BLOCK_WORDS);
}

static void head(const struct ui_view *v, struct ck_buf *left, struct ck_buf *right)
{
	const struct state *s = v->state;
	(void)ck_buf_adds(left, "Restore: 1 What and where > [2 Preview] > 3 Run");
	(void)ck_buf_addf(right, "from archive %s", s->request.archive);
}

static void hint(const struct ui_view *v, struct ck_buf *ret)
{
	const struct state *s = v->state;
	const struct ck_rehearsal_mailbox *m = ui_rehearsal_table_under_bar(&s->table);
	if (s->starting) {
		(void)ck_buf_adds(ret, "The job is being started ...");
	} else if (s->found && s->focus == BLOCK_ANSWERS) {
		ui_answers_hint(&s->answers, ret);
	} else if (!m) {
		return;
	} else if (m->reason && *m->reason) {
		(void)ck_buf_addf(ret, "%s%s", m->action == CK_RESTORE_REFUSE ? "Refused: " : "",
		                  m->reason);
	} else if (ui_rehearsed_is_moved(m)) {
		(void)ck_buf_addf(ret, "%s, from %s",
		                  m->action == CK_RESTORE_CREATE ? "new mailbox" : "added",
		                  m->source);
	} else {
		(void)ck_buf_adds(ret, "A rehearsal: nothing has been changed. F5 runs it as a "
		                       "job.");
	}
}

/* --- writing to a file --------------------------------------------------------------------- */

static void save_to(struct ui_view *v, const char *path)
{
	struct state *s = v->state;
	struct ck_buf page = CK_BUF_INIT;
	if (!path || !*path || !s->found)
		return;
	ui_rehearsal_page(s->found, &s->answers, s->words.blocks[0].text, s->words.blocks[1].text,
	                  &page);
	ui_save_start(v, path, &page, "The page was not written");
}

static void ask_path(struct ui_view *v)
{
	const struct state *s = v->state;
	struct ck_buf path = CK_BUF_INIT;
	const char *home = getenv("HOME");
	(void)ck_buf_addf(&path, "%s/restore-%u.txt", home && *home == '/' ? home : "/root",
	                  s->found->plan.archive);
	ui_app_prompt(v, "Write to:", path.data, NULL, save_to);
	ck_buf_fini(&path);
}

/* --- acting ------------------------------------------------------------------------------ */

static enum ui_reply next_block(struct ui_view *v, int by)
{
	struct state *s = v->state;
	enum block to = s->focus;
	do
		to = (enum block)(((int)to + BLOCK_MAX_ + by) % BLOCK_MAX_);
	while (to == BLOCK_ANSWERS && !s->answers.rows);
	set_focus(s, to);
	place_blocks(v);
	return UI_REPAINT;
}

/** The messages of the row under the bar, and what becomes of each. */
static enum ui_reply open_messages(struct ui_view *v)
{
	struct state *s = v->state;
	const struct ck_rehearsal_mailbox *m = ui_rehearsal_table_under_bar(&s->table);
	if (!m || !m->source)
		return UI_IGNORED;
	(void)ui_app_push(v->app, &ui_view_decisions,
	                  &(struct ui_decisions_arg){.request = &s->request,
	                                             .path = s->found->plan.path,
	                                             .source = m->source,
	                                             .target = m->target,
	                                             .owner = m->owner,
	                                             .reason = m->reason});
	return UI_REPAINT;
}

static enum ui_reply act_in_table(struct ui_view *v, enum ui_action a)
{
	struct state *s = v->state;
	enum ui_reply r = ui_rehearsal_table_act(&s->table, a);
	if (r == UI_IGNORED && a == UI_ACT_OPEN)
		return open_messages(v);
	place_blocks(v); /* a branch may be open now */
	return r;
}

static enum ui_reply act_in_block(struct ui_view *v, enum ui_action a)
{
	struct state *s = v->state;
	if (!s->found)
		return UI_IGNORED;
	if (s->focus == BLOCK_WORDS)
		return ui_prose_act(&s->words, a == UI_ACT_TICK ? UI_ACT_PAGE_DOWN : a);
	if (s->focus == BLOCK_TABLE)
		return moved(v, act_in_table(v, a));
	enum ui_reply r = ui_answers_act(&s->answers, a);
	if (r == UI_REPAINT)
		layout(v, v->rows, v->cols);
	return r;
}

static enum ui_reply act(struct ui_view *v, enum ui_action a)
{
	struct state *s = v->state;
	struct ck_buf out = CK_BUF_INIT;
	switch (a) {
	case UI_ACT_FORWARD:
		return forward(v);
	case UI_ACT_STEP_BACK:
		return UI_CLOSE;
	case UI_ACT_REREAD:
		start_rehearsal(v);
		return UI_REPAINT;
	case UI_ACT_NEXT:
	case UI_ACT_PREV:
		return s->found ? next_block(v, a == UI_ACT_NEXT ? 1 : -1) : UI_DONE;
	case UI_ACT_ZOOM:
		s->zoom = !s->zoom;
		place_blocks(v);
		return UI_REPAINT;
	case UI_ACT_WRITE:
		ask_path(v);
		return UI_REPAINT;
	case UI_ACT_COMPARE:
		(void)ui_app_push(v->app, &ui_view_settings,
		                  &(struct ui_browse_arg){.which = s->found->plan.path});
		return UI_DONE;
	case UI_ACT_COMMAND:
		ui_restore_command(ui_app_settings(s->app), &s->request, &out);
		(void)ui_app_push(v->app, &ui_view_command, out.data);
		ck_buf_fini(&out);
		return UI_DONE;
	default:
		return act_in_block(v, a);
	}
}

/** Why the job cannot be started now; "": it can. */
static const char *obstacle(const struct state *s)
{
	if (s->starting)
		return "The job is being started";
	if (!s->found)
		return s->watch ? "The comparison is still under way"
		                : "There is no preview yet: r tries it again";
	const struct ck_rehearsal *p = &s->found->plan;
	if (s->nwork && leaves(s) && p->missing == p->elsewhere)
		return "All that is missing lies elsewhere, and is left there";
	if (s->nwork)
		return "";
	return p->damaged ? "What is missing on the server is damaged in the archive"
	                  : "Nothing is missing on the server: there is nothing to do";
}

static bool can(const struct ui_view *v, enum ui_action a, const char **ret_reason)
{
	const struct state *s = v->state;
	const struct ck_rehearsal_mailbox *m = ui_rehearsal_table_under_bar(&s->table);
	switch (a) {
	case UI_ACT_REREAD:
		return !s->watch && !s->starting;
	case UI_ACT_SORT:
		return s->found && s->found->plan.n > 1 && s->focus == BLOCK_TABLE;
	case UI_ACT_COMPARE:
		return s->found && s->found->plan.settings > 0;
	case UI_ACT_OPEN:
		return s->focus == BLOCK_TABLE && m;
	case UI_ACT_TICK:
		return s->focus == BLOCK_ANSWERS;
	case UI_ACT_NEXT:
	case UI_ACT_ZOOM:
	case UI_ACT_WRITE:
		return s->found != NULL;
	case UI_ACT_FORWARD:
		*ret_reason = obstacle(s);
		return !**ret_reason;
	default:
		return true;
	}
}

static const char *word(const struct ui_view *v, enum ui_action a)
{
	const struct state *s = v->state;
	const struct ck_rehearsal_mailbox *m = ui_rehearsal_table_under_bar(&s->table);
	return a == UI_ACT_OPEN && m && !m->source ? "Open, close" : NULL;
}

static enum ui_reply click(struct ui_view *v, const struct ui_key *k)
{
	struct state *s = v->state;
	if (s->answers_y < 0 || k->y <= s->answers_y || k->y > s->answers_y + s->answers.rows ||
	    k->code != UI_KEY_CLICK)
		return UI_IGNORED;
	set_focus(s, BLOCK_ANSWERS);
	if (ui_answers_click(&s->answers, k->y - s->answers_y - 1, k->x) == UI_REPAINT)
		layout(v, v->rows, v->cols);
	return UI_REPAINT;
}

static enum ui_reply key(struct ui_view *v, const struct ui_key *k)
{
	struct state *s = v->state;
	if (!s->found)
		return UI_IGNORED;
	enum ui_reply r = click(v, k);
	if (r == UI_IGNORED)
		r = ui_prose_key(&s->words, k);
	if (r == UI_IGNORED)
		r = moved(v, ui_rehearsal_table_key(&s->table, k));
	return r;
}

static enum ui_reply second(struct ui_view *v)
{
	const struct state *s = v->state;
	return s->watch ? UI_REPAINT : UI_DONE;
}

static int open_rehearsal(struct ui_view *v, const void *arg, struct ck_err *err)
{
	const struct ui_restore_arg *a = arg;
	struct state *s = v->state;
	s->app = v->app;
	ui_rehearsal_table_init(&s->table, &s->request);
	if (ck_restore_request_copy(a->request, &s->request) < 0)
		return ck_err_nomem(err);
	start_rehearsal(v);
	return CK_OK;
}

static void close_rehearsal(struct ui_view *v)
{
	struct state *s = v->state;
	forget(s);
	ck_restore_request_fini(&s->request);
	ui_rehearsal_table_fini(&s->table);
	ui_prose_fini(&s->words);
	free(s->about);
}

static const struct ui_binding bindings[] = {
	{UI_ACT_FORWARD, "Restore", "Start the restore as a job"},
	{UI_ACT_OPEN, "Messages", "The messages of the row, and what becomes of each"},
	{UI_ACT_TICK, "Answer", "Choose the answer under the bar"},
	{UI_ACT_NEXT, "Next block", NULL},
	{UI_ACT_STEP_BACK, "Back", "What and where again"},
	{UI_ACT_COMMAND, "Command", NULL},
	{UI_ACT_COMPARE, "Settings", "This server's settings that differ from the archive's"},
	{UI_ACT_WRITE, "Write", "Write this page to a file, mode 0600"},
	{UI_ACT_SORT, "Sort", "Mailboxes by the next column; after the last one the tree again"},
	{UI_ACT_ZOOM, "Zoom", NULL},
	{UI_ACT_REREAD, "Read again", "Compare with the server again"},
	{0},
};

const struct ui_view_ops ui_view_rehearsal = {
	.name = "rehearsal",
	.title = "Restore: preview",
	.place = 5,
	.state_size = sizeof(struct state),
	.bindings = bindings,
	.help = "A rehearsal against the running server: nothing has been changed. Mailbox: "
		"where it goes; the note says what it was in the archive, or where missing "
		"messages lie now. archive: messages asked for. now, after: what the mailbox "
		"holds, and would. add: missing on the server. same: there already, by GUID; left "
		"alone.\n\n"
		"Needs your answer: what cannot be decided by itself. F5 takes the answers as they "
		"are shown. Checks: what was looked at, just now.\n\n"
		"If the server changes before the job runs, the job compares again.",
	.open = open_rehearsal,
	.close = close_rehearsal,
	.act = act,
	.key = key,
	.can = can,
	.word = word,
	.tick = second,
	.work = work,
	.layout = layout,
	.draw = draw,
	.head = head,
	.hint = hint,
};
