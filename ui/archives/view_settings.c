/* SPDX-License-Identifier: BSD-2-Clause */
/** Settings of an archived server beside those of this one: what decides over a restore first. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cyrkeep/difference.h>

#include "archives/browse.h"
#include "loop/app.h"
#include "loop/task.h"
#include "loop/views.h"
#include "terminal/wrap.h"
#include "widgets/list.h"
#include "widgets/textview.h"
#include "words/fmt.h"

#define WIDE      120 /* from here on the row is explained beside the list */
#define PANE_PART 62  /* per cent of the width for the list then */

enum column {
	COL_WEIGHT,
	COL_NAME,
	COL_WAS,
	COL_IS,
	COL_FILE,
};

static const struct ui_column columns[] = {
	{"", 1, 0, false, 0, false},      {"Setting", 0, 20, false, 0, false},
	{"Then", 19, 0, false, 0, false}, {"Here", 19, 0, false, 0, false},
	{"File", 10, 0, false, 1, false}, {0},
};

struct state {
	struct ui_app *app;
	char *which;
	bool loading;
	struct ck_err failed;
	bool known;
	uint32_t number; /**< Of the archive. */
	int64_t started;
	struct ck_differences found;
	struct ui_list list;
	struct ui_textview about; /**< The row under the bar, and what could not be compared. */
	bool alone;               /**< That takes the whole screen. */
};

/* --- in words -------------------------------------------------------------------------- */

static const char *state_in_words(const struct ck_difference *d, const struct ck_setting *s)
{
	switch (s->state) {
	case CK_SETTING_ABSENT:
		return d->kind == CK_DIFFERENCE_ENTRY ? "not there" : "not set";
	case CK_SETTING_SECRET:
		return "differs, not shown";
	default:
		return *s->value ? s->value : "-";
	}
}

static void put_value(const struct ck_difference *d, const struct ck_setting *s, char *buf,
                      size_t size, struct ui_value *ret)
{
	ret->text = state_in_words(d, s);
	ret->flags = UI_TEXT;
	if (s->state == CK_SETTING_DEFAULT && snprintf(buf, size, "(%s)", s->value) < (int)size)
		ret->text = buf;
	ret->role = s->state == CK_SETTING_SET ? UI_ROLE_NORMAL : UI_ROLE_DIM;
}

static void value(const void *ctx, size_t row, int column, char *buf, size_t size,
                  struct ui_value *ret)
{
	const struct ck_difference *d = &((const struct state *)ctx)->found.items[row];
	buf[0] = '\0';
	ret->text = buf;
	switch ((enum column)column) {
	case COL_WEIGHT:
		ret->text = d->kind == CK_DIFFERENCE_RESTORE ? "!" : "";
		ret->role = UI_ROLE_WARN;
		break;
	case COL_NAME:
		ret->text = d->name;
		ret->flags = UI_NAME | UI_CUT_MIDDLE;
		break;
	case COL_WAS:
		put_value(d, &d->was, buf, size, ret);
		break;
	case COL_IS:
		put_value(d, &d->is, buf, size, ret);
		break;
	case COL_FILE:
		ret->text = d->kind == CK_DIFFERENCE_ENTRY ? "cyrus.conf" : "imapd.conf";
		ret->role = UI_ROLE_DIM;
		break;
	}
}

static const struct ui_list_ops list_ops = {.value = value};

static void say_side(const char *label, const struct ck_difference *d, const struct ck_setting *s,
                     struct ck_buf *out)
{
	(void)ck_buf_addf(out, "%s  %s", label, state_in_words(d, s));
	if (s->state == CK_SETTING_DEFAULT)
		(void)ck_buf_adds(out, ": the default, it is not set");
	const char *slash = s->file ? strrchr(s->file, '/') : NULL;
	if (s->file)
		(void)ck_buf_addf(out, "   (line %u of %s)", s->line, slash ? slash + 1 : s->file);
	(void)ck_buf_addc(out, '\n');
}

static void say_row(const struct ck_difference *d, struct ck_buf *out)
{
	(void)ck_buf_addf(out, "%s\n",
	                  *d->meaning                      ? d->meaning
	                  : d->kind == CK_DIFFERENCE_ENTRY ? "Of what master runs: a restore "
	                                                     "does not depend on it."
	                                                   : "A restore does not depend on it.");
	say_side("then", d, &d->was, out);
	say_side("here", d, &d->is, out);
}

static void say_rest(const struct ck_differences *f, struct ck_buf *out)
{
	for (size_t i = 0; i < f->remarks.n; i++)
		(void)ck_buf_addf(out, "note  %s.\n", f->remarks.items[i]);
	for (size_t i = 0; i < f->spelled_out.n; i++)
		(void)ck_buf_addf(out, "%s%s", i ? ", " : "same  only spelled out on one side: ",
		                  f->spelled_out.items[i]);
}

static void explain(struct ui_view *v)
{
	struct state *s = v->state;
	struct ck_buf out = CK_BUF_INIT;
	size_t row = s->known ? ui_list_row(&s->list) : UI_LIST_NONE;
	if (row != UI_LIST_NONE)
		say_row(&s->found.items[row], &out);
	else if (s->known)
		(void)ck_buf_adds(&out, s->found.remarks.n
		                                ? "Nothing that can be compared differs.\n"
		                                : "Nothing differs: imapd.conf and cyrus.conf say "
		                                  "the same in the archive and here.\n");
	say_rest(&s->found, &out);
	(void)ui_textview_set(&s->about, out.data, out.len, false);
	ck_buf_fini(&out);
}

/* --- reading --------------------------------------------------------------------------- */

struct load {
	const struct ck_settings *settings;
	char *which;
	uint32_t number;
	int64_t started;
	struct ck_differences found;
};

static int load(void *data, struct ck_watch *watch, struct ck_err *err)
{
	struct load *t = data;
	CK_CLEANUP(ck_archive_closep) struct ck_archive *a = NULL;
	(void)watch;
	int r = ck_archive_open(t->settings, t->which, &a, err);
	if (r < 0)
		return r;
	t->number = ck_archive_info(a)->number;
	t->started = ck_archive_info(a)->started;
	return ck_archive_differences(a, t->settings, &t->found, err);
}

static void load_free(void *data)
{
	struct load *t = data;
	ck_differences_fini(&t->found);
	free(t->which);
	free(t);
}

static void layout(struct ui_view *v, int rows, int cols);

static void loaded(void *owner, void *data, int r, const struct ck_err *err)
{
	struct ui_view *v = owner;
	struct state *s = v->state;
	struct load *t = data;
	s->loading = false;
	if (r < 0) {
		s->failed = *err;
		return;
	}
	ck_differences_fini(&s->found);
	s->found = t->found;
	t->found = (struct ck_differences){0};
	s->number = t->number;
	s->started = t->started;
	s->known = true;
	layout(v, v->rows, v->cols);
	ui_list_set(&s->list, s, s->found.n);
	explain(v);
}

static const struct ui_task_kind load_kind = {load, loaded, load_free};

static void start_loading(struct ui_view *v)
{
	struct state *s = v->state;
	struct load *t = ck_alloc(1, sizeof *t);
	s->failed = (struct ck_err)CK_ERR_INIT;
	if (!t || !(t->which = strdup(s->which))) {
		free(t);
		(void)ck_err_nomem(&s->failed);
		return;
	}
	t->settings = ui_app_settings(v->app);
	s->loading = ui_task_start(v->app, &load_kind, v, t, NULL, &s->failed) == 0;
}

/* --- drawing --------------------------------------------------------------------------- */

static bool has_list(const struct state *s)
{
	return s->known && s->found.n && !s->alone;
}

/** Where the row is explained: beside the list, below it, or everywhere. */
static struct ui_rect pane_of(const struct ui_view *v)
{
	if (!has_list(v->state))
		return (struct ui_rect){0, 0, v->rows, v->cols};
	if (v->cols >= WIDE) {
		int x = v->cols * PANE_PART / 100;
		return (struct ui_rect){0, x + 1, v->rows, v->cols - x - 1};
	}
	int h = v->rows / 2 - 1;
	return (struct ui_rect){v->rows - h, 0, h, v->cols};
}

static void layout(struct ui_view *v, int rows, int cols)
{
	struct state *s = v->state;
	struct ui_rect p = pane_of(v);
	bool beside = p.x > 0;
	if (!s->alone)
		ui_list_layout(&s->list, (struct ui_rect){0, 0, beside ? rows : rows - p.h,
		                                          beside ? p.x - 1 : cols});
	ui_textview_layout(&s->about, (struct ui_rect){p.y + 1, p.x + 1, p.h - 1, p.w - 2});
}

static void draw(const struct ui_view *v, struct ui_canvas *c)
{
	const struct state *s = v->state;
	if (s->loading && !s->known) {
		ui_put(c, 1, 1, c->at.w - 1, UI_ROLE_DIM, UI_TEXT, "Reading the settings ...");
		return;
	}
	if (s->failed.code) {
		ui_put_failure(c, 1, "The settings cannot be compared:", &s->failed,
		               "r tries it again");
		return;
	}
	struct ui_rect p = pane_of(v);
	struct ui_canvas pane = ui_canvas_part(c, p);
	size_t row = ui_list_row(&s->list);
	if (has_list(s))
		ui_list_draw(&s->list, c);
	if (p.x > 0)
		ui_vrule(c, 0, p.x - 1, c->at.h);
	ui_title(&pane, 0, row == UI_LIST_NONE ? "In words" : s->found.items[row].name, s->alone);
	ui_textview_draw(&s->about, c, !has_list(s));
}

static void head(const struct ui_view *v, struct ck_buf *left, struct ck_buf *right)
{
	const struct state *s = v->state;
	if (!s->known) {
		(void)ck_buf_adds(left, "Settings of an archive and of this server");
		return;
	}
	(void)ck_buf_addf(left, "%u, %s > settings then and here", s->number,
	                  ui_fmt_date(s->started, ui_app_now(v->app)).s);
	(void)ck_buf_addf(right, "%s differ%s", ui_fmt_things(s->found.n, "setting").s,
	                  s->found.n == 1 ? "s" : "");
}

static void hint(const struct ui_view *v, struct ck_buf *ret)
{
	const struct state *s = v->state;
	if (!s->known)
		return;
	if (s->found.n)
		(void)ck_buf_addf(ret, "%s In brackets: not set, the default.",
		                  s->found.nrestore ? "! counts for a restore."
		                                    : "None of these counts for a restore.");
}

/* --- acting ---------------------------------------------------------------------------- */

static enum ui_reply show_alone(struct ui_view *v, bool alone)
{
	struct state *s = v->state;
	s->alone = alone;
	layout(v, v->rows, v->cols);
	return UI_REPAINT;
}

static enum ui_reply act(struct ui_view *v, enum ui_action a)
{
	struct state *s = v->state;
	if (a == UI_ACT_REREAD && !s->loading) {
		start_loading(v);
		return UI_REPAINT;
	}
	if (!s->known)
		return UI_IGNORED;
	if (a == UI_ACT_ESCAPE && s->alone)
		return show_alone(v, false);
	if ((a == UI_ACT_VIEW || a == UI_ACT_OPEN) && s->found.n)
		return show_alone(v, !s->alone);
	if (!has_list(s))
		return ui_textview_act(&s->about, a);
	enum ui_reply r = ui_list_act(&s->list, a);
	if (r == UI_REPAINT)
		explain(v);
	return r;
}

static bool can(const struct ui_view *v, enum ui_action a, const char **ret_reason)
{
	const struct state *s = v->state;
	(void)ret_reason;
	return a == UI_ACT_REREAD ? !s->loading : s->known && s->found.n;
}

static enum ui_reply key(struct ui_view *v, const struct ui_key *k)
{
	struct state *s = v->state;
	enum ui_reply r = ui_textview_key(&s->about, k);
	if (r != UI_IGNORED || !has_list(s))
		return r;
	r = ui_list_key(&s->list, k);
	if (r == UI_REPAINT || k->code == UI_KEY_DOUBLE)
		explain(v);
	return r;
}

static int open_settings(struct ui_view *v, const void *arg, struct ck_err *err)
{
	const struct ui_browse_arg *b = arg;
	struct state *s = v->state;
	s->app = v->app;
	ui_list_init(&s->list, &list_ops, s, columns);
	ui_textview_init(&s->about, UI_TEXT);
	s->which = strdup(b && b->which ? b->which : "latest");
	if (!s->which)
		return ck_err_nomem(err);
	start_loading(v);
	return CK_OK;
}

static void close_settings(struct ui_view *v)
{
	struct state *s = v->state;
	ck_differences_fini(&s->found);
	ui_list_fini(&s->list);
	ui_textview_fini(&s->about);
	free(s->which);
}

static const struct ui_binding bindings[] = {
	{UI_ACT_VIEW, "In full", "The setting under the bar alone, with all of its values"},
	{UI_ACT_REREAD, "Read again", "Compare archive and server again"},
	{0},
};

const struct ui_view_ops ui_view_settings = {
	.name = "settings",
	.title = "Settings then and here",
	.state_size = sizeof(struct state),
	.bindings = bindings,
	.help = "imapd.conf, with what it includes, and cyrus.conf as they are in the archive, "
		"beside those of this server. First, with !, what decides over a restore; what it "
		"means is said of each.\n\n"
		"In brackets: not set, the default of that release of Cyrus. An option that is set "
		"to what is the default on the other side is no difference. Passwords are compared "
		"but not shown.\n\n"
		"c in Archives, in an archive and in the preview of a restore leads here; "
		":settings takes the newest archive.",
	.open = open_settings,
	.close = close_settings,
	.act = act,
	.key = key,
	.can = can,
	.layout = layout,
	.draw = draw,
	.head = head,
	.hint = hint,
};
