/* SPDX-License-Identifier: BSD-2-Clause */
/** Home: is everything all right? */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "home/home.h"
#include "loop/app.h"
#include "loop/dialog.h"
#include "loop/places.h"
#include "loop/views.h"
#include "terminal/wrap.h"
#include "words/fmt.h"

#define ROWS_MAX  96
#define WIDE      120 /* from here on a pane explains the row */
#define PANE_PART 60  /* per cent of the width for the rows then */

enum kind {
	ROW_TITLE,
	ROW_HEALTH,
	ROW_NOW,
	ROW_PARTITION,
	ROW_BACKUP,
	ROW_DESTINATION,
	ROW_NOTE, /**< Cannot be chosen: "...", "none yet". */
};

struct row {
	enum kind kind, block; /**< Of a title: the block it stands over. */
	size_t index;          /**< Into the house's list. */
};

struct state {
	struct ui_health health[UI_HEALTH_MAX];
	size_t nhealth;
	struct row rows[ROWS_MAX];
	size_t n, cursor, top;
	struct ui_lines explained;
	char *explanation;
};

static const struct ui_house *house_of(const struct ui_view *v)
{
	return ui_app_house(v->app);
}

static bool is_chosen(const struct row *r)
{
	return r->kind != ROW_TITLE && r->kind != ROW_NOTE;
}

static void add_row(struct state *s, enum kind kind, enum kind block, size_t index)
{
	if (s->n < ROWS_MAX)
		s->rows[s->n++] = (struct row){kind, block, index};
}

static void add_jobs(struct state *s, const struct ui_house *h)
{
	if (h->nrunning) {
		add_row(s, ROW_TITLE, ROW_NOW, 0);
		for (size_t i = 0; i < h->njobs; i++)
			if (ui_house_is_live(&h->jobs[i]))
				add_row(s, ROW_NOW, ROW_NOW, i);
	}
}

static void add_backups(struct state *s, const struct ui_house *h, size_t most)
{
	add_row(s, ROW_TITLE, ROW_BACKUP, 0);
	size_t found = 0;
	for (size_t i = 0; i < h->njobs && found < most; i++) {
		if (h->jobs[i].kind == CK_JOB_BACKUP && !ui_house_is_live(&h->jobs[i])) {
			add_row(s, ROW_BACKUP, ROW_BACKUP, i);
			found++;
		}
	}
	if (!found)
		add_row(s, ROW_NOTE, ROW_BACKUP, 0);
}

static bool is_data(const struct ck_partition *p)
{
	return p->kind == CK_PARTITION_DATA;
}

/** The rows anew from the house; the cursor stays on what it was on. */
static void build(struct ui_view *v)
{
	struct state *s = v->state;
	const struct ui_house *h = house_of(v);
	const struct ck_settings *settings = ui_app_settings(v->app);
	struct row was = s->cursor < s->n ? s->rows[s->cursor] : (struct row){0};

	ui_health_free(s->health, s->nhealth);
	s->nhealth = ui_health_judge(h, settings, ui_app_now(v->app), s->health);
	s->n = 0;
	add_jobs(s, h);
	add_row(s, ROW_TITLE, ROW_HEALTH, 0);
	for (size_t i = 0; i < s->nhealth; i++)
		add_row(s, ROW_HEALTH, ROW_HEALTH, i);
	add_row(s, ROW_TITLE, ROW_PARTITION, 0);
	if (!h->server)
		add_row(s, ROW_NOTE, ROW_PARTITION, 0);
	for (size_t i = 0; h->server && i < h->server->server->npartitions; i++)
		if (is_data(&h->server->server->partitions[i]))
			add_row(s, ROW_PARTITION, ROW_PARTITION, i);
	add_backups(s, h, v->rows >= 30 ? 10 : 4);
	add_row(s, ROW_TITLE, ROW_DESTINATION, 0);
	for (size_t i = 0; i < settings->ndestinations; i++)
		add_row(s, ROW_DESTINATION, ROW_DESTINATION, i);

	s->cursor = 0;
	for (size_t i = 0; i < s->n; i++) {
		if (s->rows[i].kind == was.kind && s->rows[i].index == was.index &&
		    is_chosen(&was)) {
			s->cursor = i;
			return;
		}
	}
	while (s->cursor + 1 < s->n && !is_chosen(&s->rows[s->cursor]))
		s->cursor++;
}

static void scroll(struct ui_view *v)
{
	struct state *s = v->state;
	size_t rows = v->rows > 0 ? (size_t)v->rows : 1;
	if (s->cursor < s->top)
		s->top = s->cursor;
	if (s->cursor < rows && s->n <= rows)
		s->top = 0;
	if (s->cursor >= s->top + rows)
		s->top = s->cursor - rows + 1;
	if (s->top && s->cursor == s->top)
		s->top--; /* its title too */
}

static int rows_width(const struct ui_view *v)
{
	return v->cols >= WIDE ? v->cols * PANE_PART / 100 : v->cols;
}

/* --- explaining the row under the bar -------------------------------------------------- */

static void explain_partition(const struct ui_house *h, size_t i, struct ck_buf *out)
{
	const struct ck_partition *p = &h->server->server->partitions[i];
	const struct ui_partition_use *u = &h->server->partitions[i];
	(void)ck_buf_addf(out, "Partition %s\n\n", p->name);
	if (!p->present) {
		(void)ck_buf_addf(out, "%s cannot be read. Is it mounted?\n", p->path);
		return;
	}
	(void)ck_buf_addf(out, "%s, file system %s\n", p->path, p->fstype);
	(void)ck_buf_addf(out, "%s, %s, %s\n", ui_fmt_things(u->mailboxes, "mailbox").s,
	                  ui_fmt_things(u->messages, "message").s, ui_fmt_size(u->bytes).s);
	(void)ck_buf_addf(out, "%s free of %s\n", ui_fmt_size(p->free_bytes).s,
	                  ui_fmt_size(p->size_bytes).s);
}

static void explain_job(const struct ck_job *j, int64_t now, struct ck_buf *out)
{
	const struct ck_report *r = &j->report;
	(void)ck_buf_addf(out, "Job %u: %s\n\n", j->job, j->title ? j->title : "");
	(void)ck_buf_addf(out, "started %s by %s\n", ui_fmt_date(j->started_ms / 1000, now).s,
	                  j->who ? j->who : "?");
	if (j->state != CK_JOB_DONE) {
		(void)ck_buf_addf(out, "%s, phase %s\n", ck_job_state_name(j->state),
		                  ck_phase_name(j->phase));
		return;
	}
	(void)ck_buf_addf(out, "%s, %s\n", ui_fmt_things(r->mailboxes, "mailbox").s,
	                  ui_fmt_things(r->messages, "message").s);
	(void)ck_buf_addf(out, "read %s, written %s\n", ui_fmt_size(r->bytes_read).s,
	                  ui_fmt_size(r->bytes_written).s);
	(void)ck_buf_addf(out, "Cyrus was down for %s\n", ui_fmt_took(r->downtime_ms).s);
	if (r->findings)
		(void)ck_buf_addf(out, "%s\n", ui_fmt_things(r->findings, "finding").s);
	if (r->error)
		(void)ck_buf_addf(out, "failed: %s\n", r->error);
}

static void explain_destination(const struct ui_view *v, size_t i, struct ck_buf *out)
{
	const struct ui_house *h = house_of(v);
	const struct ck_destination *to = &ui_app_settings(v->app)->destinations[i];
	const struct ui_house_destination *d = i < h->ndestinations ? &h->destinations[i] : NULL;
	(void)ck_buf_addf(out, "Destination %s\n\narchives lie in %s\n", to->name, to->path);
	if (d && d->err.code)
		(void)ck_buf_addf(out, "\n%s.\n%s\n", d->err.msg, d->err.remedy);
	else if (d)
		(void)ck_buf_addf(out, "%s free of %s%s\n", ui_fmt_size(d->free_bytes).s,
		                  ui_fmt_size(d->size_bytes).s,
		                  d->exists ? "" : "; the first backup makes the directory");
}

/** Words about the row under the cursor, wrapped for the pane. */
static void explain(struct ui_view *v)
{
	struct state *s = v->state;
	const struct ui_house *h = house_of(v);
	struct ck_buf out = CK_BUF_INIT;
	const struct row *r = s->cursor < s->n ? &s->rows[s->cursor] : NULL;
	if (r && r->kind == ROW_HEALTH)
		(void)ck_buf_addf(&out, "%s.\n\n%s%s\n", s->health[r->index].text,
		                  s->health[r->index].remedy[0] ? "Remedy  " : "",
		                  s->health[r->index].remedy);
	else if (r && r->kind == ROW_PARTITION)
		explain_partition(h, r->index, &out);
	else if (r && (r->kind == ROW_BACKUP || r->kind == ROW_NOW))
		explain_job(&h->jobs[r->index], ui_app_now(v->app), &out);
	else if (r && r->kind == ROW_DESTINATION)
		explain_destination(v, r->index, &out);
	free(s->explanation);
	s->explanation = ck_buf_take(&out);
	int width = v->cols - rows_width(v) - 3;
	s->explained.n = 0;
	if (s->explanation && v->cols >= WIDE)
		(void)ui_wrap(&s->explained, s->explanation, strlen(s->explanation), width,
		              UI_TEXT);
}

/* --- drawing -------------------------------------------------------------------------- */

static void draw_title(const struct ui_view *v, struct ui_canvas *c, int y, enum kind block)
{
	static const char *const titles[] = {[ROW_HEALTH] = "Health",
	                                     [ROW_NOW] = "Now",
	                                     [ROW_BACKUP] = "Last backups",
	                                     [ROW_DESTINATION] = "Destinations"};
	const struct state *s = v->state;
	bool focus = s->cursor < s->n && s->rows[s->cursor].block == block;
	if (block == ROW_PARTITION)
		ui_home_title_partitions(c, y, ui_app_settings(v->app)->imapd_conf, focus);
	else
		ui_title(c, y, titles[block], focus);
	if (block == ROW_BACKUP)
		ui_home_title_backups(c, y);
}

static void draw_health(const struct ui_view *v, struct ui_canvas *c, int y, size_t i)
{
	const struct state *s = v->state;
	const struct ui_health *h = &s->health[i];
	int w = c->at.w, rw = v->cols < WIDE ? ui_text_width(h->remedy, UI_TEXT) : 0;
	int used = ui_text_width(h->text, UI_TEXT);
	ui_put(c, y, 1, 5, h->role, UI_TEXT, h->word);
	if (rw && used + rw + 12 <= w)
		ui_put_right(c, y, w - rw, rw, UI_ROLE_NORMAL, UI_TEXT, h->remedy);
	ui_put(c, y, 7, w - 7, UI_ROLE_NORMAL, UI_TEXT, h->text);
}

static void draw_note(const struct ui_view *v, struct ui_canvas *c, int y, enum kind block)
{
	const struct ui_house *h = house_of(v);
	if (block == ROW_BACKUP)
		ui_put(c, y, 1, c->at.w - 1, UI_ROLE_DIM, UI_TEXT,
		       !h->jobs_known     ? "..."
		       : h->jobs_err.code ? "not known: see Health"
		                          : "none yet");
	else if (h->server_known)
		ui_put(c, y, 1, c->at.w - 1, UI_ROLE_DIM, UI_TEXT, "not known: see Health");
	else if (h->server_watch && h->server_watch->done)
		ui_putf(c, y, 1, c->at.w - 1, UI_ROLE_DIM, "counting mailboxes: %s",
		        ui_fmt_count(h->server_watch->done).s);
	else
		ui_put(c, y, 1, c->at.w - 1, UI_ROLE_DIM, UI_TEXT, "...");
}

static void draw_row(const struct ui_view *v, struct ui_canvas *c, int y, const struct row *r)
{
	const struct ui_home m = {house_of(v), ui_app_settings(v->app), ui_app_now(v->app)};
	switch (r->kind) {
	case ROW_TITLE:
		draw_title(v, c, y, r->block);
		return;
	case ROW_HEALTH:
		draw_health(v, c, y, r->index);
		return;
	case ROW_NOW:
		ui_home_draw_now(&m, c, y, r->index);
		return;
	case ROW_PARTITION:
		ui_home_draw_partition(&m, c, y, r->index);
		return;
	case ROW_BACKUP:
		ui_home_draw_backup(&m, c, y, r->index);
		return;
	case ROW_DESTINATION:
		ui_home_draw_destination(&m, c, y, r->index);
		return;
	case ROW_NOTE:
		draw_note(v, c, y, r->block);
		return;
	}
}

static void draw_pane(const struct ui_view *v, struct ui_canvas *c)
{
	const struct state *s = v->state;
	struct ui_canvas pane = ui_pane_beside(c, rows_width(v));
	ui_title(&pane, 0, "Item under the bar", false);
	ui_put_lines(&pane, (struct ui_rect){1, 1, pane.at.h - 1, pane.at.w - 1}, UI_ROLE_NORMAL,
	             UI_TEXT, &s->explained, s->explanation);
}

static void draw(const struct ui_view *v, struct ui_canvas *c)
{
	const struct state *s = v->state;
	struct ui_canvas rows = ui_canvas_part(c, (struct ui_rect){0, 0, c->at.h, rows_width(v)});
	for (size_t i = s->top; i < s->n && (int)(i - s->top) < c->at.h; i++) {
		int y = (int)(i - s->top);
		draw_row(v, &rows, y, &s->rows[i]);
		if (i != s->cursor || !is_chosen(&s->rows[i]))
			continue;
		ui_put(&rows, y, 0, 1, UI_ROLE_NORMAL, UI_TEXT, ">");
		ui_over(&rows, y, 0, rows.at.w, UI_ROLE_CURSOR);
		ui_cursor(&rows, y, 1);
	}
	if (v->cols >= WIDE)
		draw_pane(v, c);
}

/* --- acting --------------------------------------------------------------------------- */

static void settle(struct ui_view *v)
{
	scroll(v);
	explain(v);
}

static enum ui_reply move(struct ui_view *v, int step)
{
	struct state *s = v->state;
	size_t at = s->cursor;
	do {
		if ((step < 0 && at == 0) || (step > 0 && at + 1 >= s->n))
			return UI_DONE;
		at += (size_t)step;
	} while (!is_chosen(&s->rows[at]));
	s->cursor = at;
	settle(v);
	return UI_REPAINT;
}

/** As many rows as are shown, as far as there are rows. */
static enum ui_reply move_page(struct ui_view *v, int step)
{
	for (int left = v->rows; left > 1 && move(v, step) == UI_REPAINT; left--)
		continue;
	return UI_REPAINT;
}

/** To the first row of the next or previous block, round and round. */
static enum ui_reply move_block(struct ui_view *v, int step)
{
	struct state *s = v->state;
	if (s->n == 0)
		return UI_DONE;
	enum kind block = s->rows[s->cursor].block;
	size_t at = s->cursor;
	do
		at = (at + s->n + (size_t)step) % s->n;
	while (at != s->cursor && (s->rows[at].block == block || !is_chosen(&s->rows[at])));
	while (step < 0 && at > 0 && is_chosen(&s->rows[at - 1]) &&
	       s->rows[at - 1].block == s->rows[at].block)
		at--;
	s->cursor = at;
	settle(v);
	return UI_REPAINT;
}

static enum ui_reply open_named(struct ui_view *v, const char *name)
{
	const struct ui_view_ops *ops = ui_screen_named(name);
	if (!ops)
		return UI_IGNORED;
	if (ops->place)
		ui_app_go(v->app, ops, NULL);
	else
		(void)ui_app_push(v->app, ops, NULL);
	return UI_DONE;
}

/** Sources, at this partition. */
static enum ui_reply open_partition(struct ui_view *v, const char *name)
{
	enum ui_reply r = open_named(v, "source");
	struct ui_view *top = ui_app_top(v->app);
	if (top->ops->seek) /* not when the draft lies open at a later page */
		top->ops->seek(top, name);
	return r;
}

/** The line in full, where no screen says more. */
static void say_health(struct ui_view *v, const struct ui_health *h)
{
	static const char *const buttons[] = {"Close", NULL};
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	(void)ck_buf_addf(&text, "%s.\n", h->text);
	if (h->remedy[0])
		(void)ck_buf_addf(&text, "\nRemedy  %s\n", h->remedy);
	(void)ui_dialog_open(v, &(struct ui_dialog){.title = "Health",
	                                            .text = text.data,
	                                            .buttons = buttons,
	                                            .danger = h->role == UI_ROLE_ERROR});
}

static enum ui_reply open_row(struct ui_view *v)
{
	struct state *s = v->state;
	const struct ui_house *h = house_of(v);
	const struct row *r = s->cursor < s->n ? &s->rows[s->cursor] : NULL;
	if (r && (r->kind == ROW_BACKUP || r->kind == ROW_NOW)) {
		uint32_t job = h->jobs[r->index].job;
		(void)ui_app_push(v->app, &ui_view_job, &job);
		return UI_DONE;
	}
	if (r && r->kind == ROW_PARTITION)
		return open_partition(v, h->server->server->partitions[r->index].name);
	if (r && r->kind == ROW_DESTINATION)
		return open_named(v, "archives");
	if (r && r->kind == ROW_HEALTH && s->health[r->index].screen)
		return open_named(v, s->health[r->index].screen);
	if (r && r->kind == ROW_HEALTH && s->health[r->index].job) {
		(void)ui_app_push(v->app, &ui_view_job, &s->health[r->index].job);
		return UI_DONE;
	}
	if (r && r->kind == ROW_HEALTH)
		say_health(v, &s->health[r->index]);
	return UI_REPAINT;
}

static enum ui_reply act(struct ui_view *v, enum ui_action a)
{
	switch (a) {
	case UI_ACT_UP:
		return move(v, -1);
	case UI_ACT_DOWN:
		return move(v, 1);
	case UI_ACT_PAGE_UP:
	case UI_ACT_HALF_UP:
		return move_page(v, -1);
	case UI_ACT_PAGE_DOWN:
	case UI_ACT_HALF_DOWN:
		return move_page(v, 1);
	case UI_ACT_FIRST:
	case UI_ACT_LAST:
		while (move(v, a == UI_ACT_FIRST ? -1 : 1) == UI_REPAINT)
			continue;
		return UI_REPAINT;
	case UI_ACT_NEXT:
		return move_block(v, 1);
	case UI_ACT_PREV:
		return move_block(v, -1);
	case UI_ACT_OPEN:
		return open_row(v);
	case UI_ACT_FORWARD:
		return open_named(v, "source");
	case UI_ACT_PUT_BACK:
		return open_named(v, "archives");
	case UI_ACT_REREAD:
		ui_house_read_server(v->app);
		ui_house_read_jobs(v->app);
		ui_app_say(v->app, UI_SAY_INFO, "Reading server, jobs and archives again");
		return UI_REPAINT;
	default:
		return UI_IGNORED;
	}
}

static enum ui_reply key(struct ui_view *v, const struct ui_key *k)
{
	struct state *s = v->state;
	if (k->code == UI_KEY_WHEEL_UP || k->code == UI_KEY_WHEEL_DOWN)
		return move(v, k->code == UI_KEY_WHEEL_UP ? -1 : 1);
	if (k->code != UI_KEY_CLICK && k->code != UI_KEY_DOUBLE)
		return UI_IGNORED;
	size_t at = s->top + (size_t)k->y;
	if (at >= s->n || k->x >= rows_width(v) || !is_chosen(&s->rows[at]))
		return UI_DONE;
	s->cursor = at;
	settle(v);
	return k->code == UI_KEY_DOUBLE ? UI_IGNORED : UI_REPAINT;
}

static enum ui_reply news(struct ui_view *v)
{
	build(v);
	settle(v);
	return UI_REPAINT;
}

static void layout(struct ui_view *v, int rows, int cols)
{
	(void)rows, (void)cols;
	(void)news(v);
}

static void close_home(struct ui_view *v)
{
	struct state *s = v->state;
	ui_health_free(s->health, s->nhealth);
	ui_lines_fini(&s->explained);
	free(s->explanation);
}

static void head(const struct ui_view *v, struct ck_buf *left, struct ck_buf *right)
{
	const struct ui_house *h = house_of(v);
	if (h->server) {
		const struct ck_server *s = h->server->server;
		(void)ck_buf_addf(left, "%s   Cyrus %.12s   %s   %s", s->host,
		                  s->version ? s->version : "?",
		                  ui_fmt_things(h->server->users, "user").s,
		                  ui_fmt_things(h->server->mailboxes, "mailbox").s);
		if (v->cols >= WIDE)
			(void)ck_buf_addf(left, "   %s, %s",
			                  ui_fmt_things(h->server->messages, "message").s,
			                  ui_fmt_size(h->server->bytes).s);
	} else {
		(void)ck_buf_adds(left, h->server_known ? "The mail store cannot be read"
		                                        : "Cyrus ...   ... users   ... mailboxes");
	}
	(void)ck_buf_adds(right, ui_fmt_today(ui_app_now(v->app)).s);
}

/** "is it mounted?" needs no full stop. */
static bool is_sentence(const char *s)
{
	size_t n = strlen(s);
	return n && strchr(".?!", s[n - 1]);
}

static void hint(const struct ui_view *v, struct ck_buf *ret)
{
	const struct state *s = v->state;
	size_t bad = 0;
	for (size_t i = 0; i < s->nhealth; i++)
		bad += s->health[i].role == UI_ROLE_WARN || s->health[i].role == UI_ROLE_ERROR;
	const struct row *r = s->cursor < s->n ? &s->rows[s->cursor] : NULL;
	if (r && r->kind == ROW_HEALTH && s->health[r->index].remedy[0])
		(void)ck_buf_addf(ret, "Remedy: %s%s Enter %s.", s->health[r->index].remedy,
		                  is_sentence(s->health[r->index].remedy) ? "" : ".",
		                  s->health[r->index].screen || s->health[r->index].job
		                          ? "goes there"
		                          : "shows the line in full");
	else if (bad)
		(void)ck_buf_addf(ret,
		                  "%zu of %zu under Health %s a look. Tab goes to the next block.",
		                  bad, s->nhealth, bad == 1 ? "wants" : "want");
	else
		(void)ck_buf_adds(ret, "Tab goes to the next block.");
}

static const struct ui_binding bindings[] = {
	{UI_ACT_OPEN, "Open", "Open the row: a backup, a partition, a destination"},
	{UI_ACT_FORWARD, "Back up", "Choose what to back up, and start"},
	{UI_ACT_PUT_BACK, "Restore", "Look into the archives and put mail back"},
	{UI_ACT_REREAD, "Read again", "Read server, jobs and archives again"},
	{0},
};

const struct ui_view_ops ui_view_home = {
	.name = "home",
	.title = "Home",
	.place = 1,
	.state_size = sizeof(struct state),
	.bindings = bindings,
	.help = "Is everything all right? The worst comes first under Health; each line says "
		"what to do about it. Below: where the mail is, the last backups, and where "
		"archives are kept.\n\n" UI_GRADES_HELP,
	.close = close_home,
	.act = act,
	.key = key,
	.news = news,
	.layout = layout,
	.draw = draw,
	.head = head,
	.hint = hint,
};
