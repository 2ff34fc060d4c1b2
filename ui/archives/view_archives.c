/* SPDX-License-Identifier: BSD-2-Clause */
/** Archives: a time line, newest first; backups that made none are rows too. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archives/archive_rows.h"
#include "archives/browse.h"
#include "archives/links.h"
#include "home/home.h"
#include "loop/app.h"
#include "loop/places.h"
#include "loop/views.h"
#include "terminal/wrap.h"
#include "words/fmt.h"

#define WIDE      120 /* from here on the row is explained beside the list */
#define PANE_PART 60  /* per cent of the width for the list then */
#define BELOW     5   /* rows of the explanation otherwise */

enum column {
	COL_WHEN,
	COL_JOB,
	COL_KIND,
	COL_GRADE,
	COL_STATE,
	COL_MESSAGES,
	COL_HOLDS,
	COL_FILE,
};

static const struct ui_column columns[] = {
	{"When", 15, 0, false, 0, true},
	{"Job", 5, 0, true, 0, false},
	{"Kind", 4, 0, false, 3, false},
	{"Grade", 5, 0, false, 0, false},
	{"State", 0, 16, false, 0, false},
	{"Messages", 10, 0, true, 4, true},
	{"Holds", 6, 0, true, 2, true},
	{"File", 6, 0, true, 1, true},
	{0},
};

/** An archive, or a backup that made none. */
struct row {
	bool hole;
	uint32_t index; /**< Into the house's archives or jobs. */
	int64_t when;
};

struct state {
	struct ui_app *app;
	struct ui_list list;
	struct row *rows;
	struct ui_links links;
	size_t n, nholes;
	uint64_t bytes; /**< Of all files. */
	bool moved;     /**< The user has: until then the bar is on the newest. */
	char *explanation;
	struct ui_lines explained;
};

static const struct ck_archive_info *archive_of(const struct state *s, size_t row)
{
	return s->rows[row].hole ? NULL : &ui_app_house(s->app)->archives[s->rows[row].index];
}

static const struct ck_job *job_of(const struct state *s, size_t row)
{
	return s->rows[row].hole ? &ui_app_house(s->app)->jobs[s->rows[row].index] : NULL;
}

static const struct ck_job *linked(const struct state *s, const uint32_t *links, size_t row)
{
	uint32_t job = links ? links[s->rows[row].index] : UI_LINKS_NONE;
	return job == UI_LINKS_NONE ? NULL : &ui_app_house(s->app)->jobs[job];
}

static void hole_value(const struct ck_job *j, enum column column, char *buf, size_t size,
                       struct ui_value *ret)
{
	if (column == COL_JOB) {
		snprintf(buf, size, "%u", j->job);
	} else if (column == COL_GRADE) {
		snprintf(buf, size, "-");
	} else if (column == COL_STATE) {
		snprintf(buf, size, "none: %s",
		         j->state == CK_JOB_DEAD ? "worker died" : ui_archive_hole_cause(j));
		ret->role = UI_ROLE_ERROR;
	}
}

static void value(const void *ctx, size_t row, int column, char *buf, size_t size,
                  struct ui_value *ret)
{
	const struct state *s = ctx;
	const struct ck_archive_info *a = archive_of(s, row);
	buf[0] = '\0';
	ret->text = buf;
	if (column == COL_WHEN) {
		snprintf(buf, size, "%s", ui_fmt_day(s->rows[row].when, ui_app_now(s->app)).s);
		return;
	}
	if (!a) {
		hole_value(job_of(s, row), (enum column)column, buf, size, ret);
		return;
	}
	switch ((enum column)column) {
	case COL_JOB:
		if (a->number)
			snprintf(buf, size, "%u", a->number);
		else
			snprintf(buf, size, "-");
		break;
	case COL_KIND:
		snprintf(buf, size, "%s", a->kind);
		break;
	case COL_GRADE:
		snprintf(buf, size, "%c", ui_worst_grade(a->grades));
		break;
	case COL_STATE:
		ui_archive_state(a, linked(s, s->links.backup, row),
		                 linked(s, s->links.verify, row), buf, size, ret);
		break;
	case COL_MESSAGES:
		snprintf(buf, size, "%s", ui_fmt_count_short(a->messages).s);
		break;
	case COL_HOLDS:
		snprintf(buf, size, "%s", ui_fmt_size(a->bytes_mail).s);
		break;
	case COL_FILE:
		snprintf(buf, size, "%s", ui_fmt_size(a->bytes).s);
		break;
	case COL_WHEN:
		break;
	}
}

/** Of the path: two destinations may hold one number. */
static uint64_t id(const void *ctx, size_t row)
{
	const struct state *s = ctx;
	const struct ck_archive_info *a = archive_of(s, row);
	if (!a)
		return job_of(s, row)->job;
	uint64_t hash = 14695981039346656037u; /* FNV-1a */
	for (const char *p = a->path; *p; p++)
		hash = (hash ^ (unsigned char)*p) * 1099511628211u;
	return hash | (uint64_t)1 << 63;
}

static void sort_by(const void *ctx, size_t row, int column, struct ui_sort *ret)
{
	const struct state *s = ctx;
	const struct ck_archive_info *a = archive_of(s, row);
	if (column == COL_WHEN)
		ret->number = ui_sort_signed(s->rows[row].when);
	else if (a)
		ret->number = column == COL_MESSAGES ? a->messages
		              : column == COL_HOLDS  ? a->bytes_mail
		                                     : a->bytes;
}

static const struct ui_list_ops list_ops = {.value = value, .id = id, .sort = sort_by};

/* --- the rows -------------------------------------------------------------------------- */

/** A backup that has ended badly. */
static bool is_missed(const struct ck_job *j)
{
	bool bad = j->state == CK_JOB_DEAD ||
	           (j->state == CK_JOB_DONE &&
	            (j->result == CK_RESULT_FAILED || j->result == CK_RESULT_CANCELLED));
	return j->kind == CK_JOB_BACKUP && bad;
}

static int newer_first(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	return (x->when < y->when) - (x->when > y->when);
}

/** The newest archive that can be used; a backup that made none is not what is looked for. */
static void go_to_newest(struct state *s)
{
	const struct ck_archive_info *good = ui_house_last_good(ui_app_house(s->app));
	(void)ui_list_act(&s->list, UI_ACT_FIRST);
	for (size_t i = 0; good && i < s->n; i++)
		if (archive_of(s, i) == good)
			(void)ui_list_go(&s->list, id(s, i));
}

/** The rows anew from the house. Without memory: what there was is gone, nothing is shown. */
static void build(struct state *s)
{
	const struct ui_house *h = ui_app_house(s->app);
	free(s->rows);
	ui_links_fini(&s->links);
	s->n = s->nholes = 0;
	s->bytes = 0;
	s->rows = reallocarray(NULL, h->narchives + h->njobs + 1, sizeof *s->rows);
	if (ui_links_make(&s->links, h->jobs, h->njobs, h->archives, h->narchives) < 0) {
		free(s->rows);
		s->rows = NULL;
	}
	for (size_t i = 0; s->rows && i < h->narchives; i++) {
		s->rows[s->n++] = (struct row){false, (uint32_t)i, h->archives[i].started};
		s->bytes += h->archives[i].present ? h->archives[i].bytes : 0;
	}
	for (size_t i = 0; s->rows && i < h->njobs; i++)
		if (is_missed(&h->jobs[i]) && !s->links.has_archive[i]) {
			s->rows[s->n++] =
				(struct row){true, (uint32_t)i, h->jobs[i].started_ms / 1000};
			s->nholes++;
		}
	if (s->n)
		qsort(s->rows, s->n, sizeof *s->rows, newer_first);
	ui_list_set(&s->list, s, s->n);
	if (!s->moved)
		go_to_newest(s);
}

static int list_width(const struct ui_view *v)
{
	return v->cols >= WIDE ? v->cols * PANE_PART / 100 : v->cols;
}

static void explain(struct ui_view *v)
{
	struct state *s = v->state;
	struct ck_buf out = CK_BUF_INIT;
	size_t row = ui_list_row(&s->list);
	if (row != UI_LIST_NONE && archive_of(s, row))
		ui_archive_explain(archive_of(s, row), &out);
	else if (row != UI_LIST_NONE)
		ui_archive_explain_hole(job_of(s, row), ui_app_now(v->app), &out);
	free(s->explanation);
	s->explanation = ck_buf_take(&out);
	s->explained.n = 0;
	int width = v->cols >= WIDE ? v->cols - list_width(v) - 3 : v->cols - 2;
	if (s->explanation)
		(void)ui_wrap(&s->explained, s->explanation, strlen(s->explanation), width,
		              UI_TEXT);
}

/* --- drawing --------------------------------------------------------------------------- */

static void draw_explained(const struct state *s, struct ui_canvas *c)
{
	size_t row = ui_list_row(&s->list);
	char title[48] = "Under the bar";
	if (row != UI_LIST_NONE && !(archive_of(s, row) && archive_of(s, row)->number == 0))
		snprintf(title, sizeof title, "Under the bar: %u",
		         archive_of(s, row) ? archive_of(s, row)->number : job_of(s, row)->job);
	ui_title(c, 0, title, false);
	ui_put_lines(c, (struct ui_rect){1, 1, c->at.h - 1, c->at.w - 1}, UI_ROLE_NORMAL, UI_TEXT,
	             &s->explained, s->explanation);
}

static void draw_nothing(const struct ui_view *v, struct ui_canvas *c)
{
	const struct ui_house *h = ui_app_house(v->app);
	if (!h->archives_known) {
		ui_put(c, 1, 1, c->at.w - 1, UI_ROLE_DIM, UI_TEXT, "Reading the archives ...");
	} else if (h->archives_err.code) {
		ui_put_failure(c, 1, "The archives cannot be read:", &h->archives_err,
		               "r reads them again");
	} else {
		ui_put(c, 1, 1, c->at.w - 1, UI_ROLE_NORMAL, UI_TEXT, "There is no archive yet.");
		ui_put(c, 3, 1, c->at.w - 1, UI_ROLE_DIM, UI_TEXT, "2 Back up makes one.");
	}
}

static void draw(const struct ui_view *v, struct ui_canvas *c)
{
	const struct state *s = v->state;
	if (s->n == 0) {
		draw_nothing(v, c);
		return;
	}
	ui_list_draw(&s->list, c);
	if (v->cols >= WIDE) {
		struct ui_canvas pane = ui_pane_beside(c, list_width(v));
		draw_explained(s, &pane);
	} else if (v->rows > BELOW + 6) {
		struct ui_canvas pane =
			ui_canvas_part(c, (struct ui_rect){c->at.h - BELOW, 0, BELOW, c->at.w});
		draw_explained(s, &pane);
	}
}

static void head(const struct ui_view *v, struct ck_buf *left, struct ck_buf *right)
{
	const struct state *s = v->state;
	const struct ck_settings *settings = ui_app_settings(v->app);
	size_t n = s->n - s->nholes;
	(void)ck_buf_adds(left, "Archives in ");
	for (size_t i = 0; i < settings->ndestinations; i++)
		(void)ck_buf_addf(left, "%s%s", i ? ", " : "", settings->destinations[i].name);
	const struct ui_house *h = ui_app_house(v->app);
	if (h->archives_known && (n || !h->archives_err.code))
		(void)ck_buf_addf(left, ": %s, %s", ui_fmt_count(n).s, ui_fmt_size(s->bytes).s);
	ui_list_position(&s->list, right);
}

static void hint(const struct ui_view *v, struct ck_buf *ret)
{
	const struct state *s = v->state;
	if (s->nholes)
		(void)ck_buf_addf(ret, "%s made no archive. ",
		                  ui_fmt_things(s->nholes, "backup").s);
	size_t row = ui_list_row(&s->list);
	if (row != UI_LIST_NONE)
		(void)ck_buf_adds(ret, archive_of(s, row)
		                               ? "Enter shows the mailboxes of the archive."
		                               : "Enter shows what became of it.");
}

/* --- acting ---------------------------------------------------------------------------- */

/** Its number, or where that does not mean it alone, its path; owned. */
static char *name_of(const struct ui_house *h, const struct ck_archive_info *a)
{
	char *name = NULL;
	size_t same = 0;
	for (size_t i = 0; i < h->narchives; i++)
		same += h->archives[i].number == a->number;
	if (same > 1 || a->foreign || a->number == 0)
		return strdup(a->path);
	return asprintf(&name, "%u", a->number) < 0 ? NULL : name;
}

static enum ui_reply open_row(struct ui_view *v, size_t row)
{
	struct state *s = v->state;
	const struct ck_archive_info *a = archive_of(s, row);
	if (a) {
		struct ui_browse_arg arg = {.which = a->path};
		(void)ui_app_push(v->app, &ui_view_browse, &arg);
	} else {
		uint32_t job = job_of(s, row)->job;
		(void)ui_app_push(v->app, &ui_view_job, &job);
	}
	return UI_DONE;
}

static void show_command(struct ui_view *v, size_t row)
{
	const struct ck_archive_info *a = archive_of(v->state, row);
	static const char *const words[] = {" list ", " list ", " verify "};
	CK_FREE char *name = a ? name_of(ui_app_house(v->app), a) : NULL;
	struct ck_buf text = CK_BUF_INIT;
	for (size_t i = 0; name && i < CK_COUNT(words); i++) {
		(void)ck_buf_adds(&text, i ? "\n" : "");
		ck_settings_command(ui_app_settings(v->app), &text);
		(void)ck_buf_adds(&text, words[i]);
		(void)ck_buf_add_word(&text, name);
		(void)ck_buf_adds(&text, i == 1 ? " MAILBOX" : "");
	}
	(void)ui_app_push(v->app, &ui_view_command, text.data);
	ck_buf_fini(&text);
}

static enum ui_reply act(struct ui_view *v, enum ui_action a)
{
	struct state *s = v->state;
	size_t row = ui_list_row(&s->list);
	enum ui_reply r = ui_list_act(&s->list, a);
	if (r == UI_REPAINT) {
		s->moved = true;
		explain(v);
	}
	if (r != UI_IGNORED)
		return r;
	if (a == UI_ACT_REREAD) {
		ui_house_read_jobs(v->app);
		ui_app_say(v->app, UI_SAY_INFO, "Reading the archives again");
		return UI_REPAINT;
	}
	if (row == UI_LIST_NONE)
		return UI_IGNORED;
	if (a == UI_ACT_OPEN)
		return open_row(v, row);
	if (a == UI_ACT_COMPARE && archive_of(s, row)) {
		struct ui_browse_arg arg = {.which = archive_of(s, row)->path};
		(void)ui_app_push(v->app, &ui_view_settings, &arg);
		return UI_DONE;
	}
	if (a == UI_ACT_VERIFY && archive_of(s, row)) {
		CK_FREE char *name = name_of(ui_app_house(v->app), archive_of(s, row));
		ui_verify(v, name);
		return UI_DONE;
	}
	if (a == UI_ACT_COMMAND) {
		show_command(v, row);
		return UI_DONE;
	}
	return UI_IGNORED;
}

static bool can(const struct ui_view *v, enum ui_action a, const char **ret_reason)
{
	const struct state *s = v->state;
	size_t row = ui_list_row(&s->list);
	const struct ck_archive_info *info = row == UI_LIST_NONE ? NULL : archive_of(s, row);
	if (a == UI_ACT_OPEN)
		return row != UI_LIST_NONE;
	if (a == UI_ACT_SORT)
		return s->n > 1;
	if (a == UI_ACT_VERIFY || a == UI_ACT_COMPARE || a == UI_ACT_COMMAND) {
		*ret_reason = info ? NULL : "There is no archive under the bar";
		return info;
	}
	return true;
}

static const char *word(const struct ui_view *v, enum ui_action a)
{
	size_t row = ui_list_row(&((const struct state *)v->state)->list);
	return a == UI_ACT_OPEN && row != UI_LIST_NONE && !archive_of(v->state, row) ? "Why" : NULL;
}

static enum ui_reply key(struct ui_view *v, const struct ui_key *k)
{
	struct state *s = v->state;
	enum ui_reply r = ui_list_key(&s->list, k);
	if (k->code >= UI_KEY_CLICK) {
		s->moved = true;
		explain(v);
	}
	return r;
}

static enum ui_reply news(struct ui_view *v)
{
	build(v->state);
	explain(v);
	return UI_REPAINT;
}

static enum ui_reply work(struct ui_view *v)
{
	struct state *s = v->state;
	enum ui_reply r = ui_list_work(&s->list);
	if (r == UI_REPAINT)
		explain(v);
	return r;
}

static void layout(struct ui_view *v, int rows, int cols)
{
	struct state *s = v->state;
	bool below = cols < WIDE && rows > BELOW + 6;
	ui_list_layout(&s->list,
	               (struct ui_rect){0, 0, below ? rows - BELOW : rows, list_width(v)});
	explain(v);
}

static int open_archives(struct ui_view *v, const void *arg, struct ck_err *err)
{
	struct state *s = v->state;
	(void)arg, (void)err;
	s->app = v->app;
	ui_list_init(&s->list, &list_ops, s, columns);
	build(s);
	return CK_OK;
}

static void close_archives(struct ui_view *v)
{
	struct state *s = v->state;
	ui_list_fini(&s->list);
	ui_lines_fini(&s->explained);
	free(s->explanation);
	free(s->rows);
	ui_links_fini(&s->links);
}

static const struct ui_binding bindings[] = {
	{UI_ACT_OPEN, "Browse", "Show the mailboxes of the archive"},
	{UI_ACT_VERIFY, "Verify", "Read all of the archive again and check it, as a job"},
	{UI_ACT_COMPARE, "Settings", "Compare its imapd.conf and cyrus.conf with this server's"},
	{UI_ACT_SORT, "Sort", NULL},
	{UI_ACT_COMMAND, "Command", NULL},
	{UI_ACT_REREAD, "Read again", "Look for archives again"},
	{0},
};

const struct ui_view_ops ui_view_archives = {
	.name = "archives",
	.title = "Archives",
	.place = 4,
	.state_size = sizeof(struct state),
	.bindings = bindings,
	.help = "All archives of all destinations, newest first. Backups that made no archive "
		"are rows too, with the reason.\n\n"
		"Grade: the worst of its mailboxes. State: checked means that a verify has "
		"read all of it again since. A ! says that it should not be relied on.",
	.open = open_archives,
	.close = close_archives,
	.act = act,
	.key = key,
	.can = can,
	.word = word,
	.news = news,
	.work = work,
	.layout = layout,
	.draw = draw,
	.head = head,
	.hint = hint,
};
