/* SPDX-License-Identifier: BSD-2-Clause */
/** Restore, first page: what, where to, and how. Nothing is changed by it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "archives/browse.h"
#include "archives/restore_words.h"
#include "loop/app.h"
#include "loop/house.h"
#include "loop/views.h"
#include "terminal/wrap.h"
#include "words/fmt.h"

#define WIDE           120 /* from here on what has the focus is explained beside the form */
#define FORM_PART      64  /* per cent of the width for the form then */
#define NAME_X         37  /* where names and fields begin */
#define ROWS_FOR_NAMES 16  /* of the page; the smallest window has room for their sum only */

enum block {
	BLOCK_WHAT,
	BLOCK_WHERE,
	BLOCK_HOW,
};

struct state {
	struct ck_restore_request given; /**< From a basket; without one, the fields ask. */
	char *what;                      /**< Words for it; NULL: the fields. */
	char *names; /**< Of several mailboxes, as many as the row holds; else NULL. */
	struct ui_field archive, patterns, uids, other;
	enum ui_restore_item at, where, via;
	char beside[64];
	char *words;
	struct ui_lines lines;
};

static enum block block_of(enum ui_restore_item it)
{
	return it <= UI_RESTORE_UIDS    ? BLOCK_WHAT
	       : it <= UI_RESTORE_OTHER ? BLOCK_WHERE
	                                : BLOCK_HOW;
}

static struct ui_field *field_of(struct state *s, enum ui_restore_item it)
{
	switch (it) {
	case UI_RESTORE_ARCHIVE:
		return &s->archive;
	case UI_RESTORE_PATTERNS:
		return &s->patterns;
	case UI_RESTORE_UIDS:
		return &s->uids;
	case UI_RESTORE_OTHER:
		return &s->other;
	default:
		return NULL;
	}
}

/** Is it on the page at all? */
static bool is_shown(const struct state *s, enum ui_restore_item it)
{
	return !s->what || it > UI_RESTORE_UIDS;
}

/* --- the request ------------------------------------------------------------------------ */

/** "user/bob/Sent, user/bob/Work*": at commas that no backslash protects. */
static int add_patterns(const char *text, struct ck_strv *ret)
{
	while (*text) {
		size_t len = 0;
		text += strspn(text, " ,");
		while (text[len] && text[len] != ',')
			len += text[len] == '\\' && text[len + 1] ? 2 : 1;
		const char *next = text + len;
		while (len && text[len - 1] == ' ')
			len--;
		if (len && ck_strv_addm(ret, strndup(text, len)) < 0)
			return CK_ENOMEM;
		text = next;
	}
	return CK_OK;
}

static const char *target_of(const struct state *s)
{
	return s->where == UI_RESTORE_SAME     ? NULL
	       : s->where == UI_RESTORE_BESIDE ? "dated"
	                                       : s->other.text.data;
}

/** What the page asks for; @ret is zeroed. @return 0 or CK_ENOMEM. */
static int make_request(const struct state *s, struct ck_restore_request *ret)
{
	const char *to = target_of(s);
	bool failed = false;
	if (s->what) {
		failed = ck_restore_request_copy(&s->given, ret) < 0;
	} else {
		ret->archive = strdup(s->archive.text.data);
		ret->uids = s->uids.text.len ? strdup(s->uids.text.data) : NULL;
		failed = !ret->archive || (s->uids.text.len && !ret->uids) ||
		         add_patterns(s->patterns.text.data, &ret->patterns) < 0;
	}
	ret->via = s->via == UI_RESTORE_IMAP ? CK_VIA_IMAP : CK_VIA_SYNC;
	if (!failed && to) {
		free(ret->to);
		ret->to = strdup(to);
		failed = !ret->to;
	}
	if (failed)
		ck_restore_request_fini(ret);
	return failed ? CK_ENOMEM : CK_OK;
}

/** What is missing before the next page, or NULL. */
static const char *lack(const struct state *s, enum ui_restore_item *ret_at)
{
	if (!s->what && !s->archive.text.len) {
		*ret_at = UI_RESTORE_ARCHIVE;
		return "Name an archive: its number, or latest";
	}
	if (!s->what && !s->patterns.text.data[strspn(s->patterns.text.data, " ,")]) {
		*ret_at = UI_RESTORE_PATTERNS;
		return "Name a mailbox, or choose some in 4 Archives";
	}
	if (s->where == UI_RESTORE_OTHER && !s->other.text.data[strspn(s->other.text.data, " ")]) {
		*ret_at = UI_RESTORE_OTHER;
		return "Name the mailbox that it goes to";
	}
	return NULL;
}

/** Names of the mailboxes, as many as @width holds: "user/anne, user/bob/Sent and 3 more". */
static void name_mailboxes(struct state *s, int width)
{
	const struct ck_strv *all = &s->given.patterns;
	struct ck_buf out = CK_BUF_INIT;
	free(s->names);
	s->names = NULL;
	if (!s->what || all->n < 2 || !width)
		return;
	for (size_t i = 0; i < all->n; i++) {
		size_t len = out.len;
		(void)ck_buf_addf(&out, "%s%s", i ? ", " : "", all->items[i]);
		if (i == 0 || ui_text_width(out.data, UI_NAME) + 14 <= width)
			continue;
		out.len = len;
		(void)ck_buf_addf(&out, " and %s more", ui_fmt_count(all->n - i).s);
		break;
	}
	s->names = ck_buf_take(&out);
}

/* --- in words ---------------------------------------------------------------------------- */

/** The form: all of the page, or what the explanation beside it leaves. */
static int form_width(const struct ui_view *v)
{
	return v->cols >= WIDE ? v->cols * FORM_PART / 100 : v->cols;
}

static void say(struct ui_view *v)
{
	struct state *s = v->state;
	struct ck_buf out = CK_BUF_INIT;
	ui_restore_words(s->where, s->via, s->beside, &out);
	free(s->words);
	s->words = ck_buf_take(&out);
	s->lines.n = 0;
	if (s->words)
		(void)ui_wrap(&s->lines, s->words, strlen(s->words), form_width(v) - 2, UI_TEXT);
}

/* --- drawing ------------------------------------------------------------------------------ */

static void draw_field(const struct state *s, struct ui_canvas *c, int y, enum ui_restore_item it,
                       const char *label, const char *remark)
{
	const struct ui_field *f = field_of((struct state *)(uintptr_t)s, it);
	int w = c->at.w - 12 - 2, room = 36 < w ? 36 : w;
	ui_put(c, y, 1, 10, UI_ROLE_NORMAL, UI_TEXT, label);
	ui_put(c, y, 12, 1, UI_ROLE_NORMAL, UI_TEXT, "[");
	ui_field_draw(f, c, y, 13, room, s->at == it);
	ui_put(c, y, 13 + room, 1, UI_ROLE_NORMAL, UI_TEXT, "]");
	ui_put(c, y, 15 + room, c->at.w - 15 - room, UI_ROLE_DIM, UI_TEXT, remark);
}

static void draw_choice(const struct state *s, struct ui_canvas *c, int y, enum ui_restore_item it,
                        const char *label)
{
	bool on = s->where == it || s->via == it;
	ui_put(c, y, 1, 3, UI_ROLE_NORMAL, UI_TEXT, "( )");
	if (on)
		ui_put(c, y, 2, 1, UI_ROLE_TICK_IN, UI_TEXT, ui_mark(c, UI_MARK_RADIO));
	ui_put(c, y, 5, NAME_X - 6, UI_ROLE_NORMAL, UI_TEXT, label);
}

/** The bar over the row with the focus. */
static void draw_focus(const struct state *s, struct ui_canvas *c, int y, enum ui_restore_item it)
{
	if (s->at != it)
		return;
	ui_put(c, y, 0, 1, UI_ROLE_NORMAL, UI_TEXT, ">");
	if (it <= UI_RESTORE_UIDS)
		return; /* the field shows it */
	ui_over(c, y, 0, it == UI_RESTORE_OTHER ? NAME_X - 1 : c->at.w, UI_ROLE_CURSOR);
	if (it != UI_RESTORE_OTHER)
		ui_cursor(c, y, 2);
}

static int draw_what(const struct state *s, struct ui_canvas *c, int y)
{
	ui_title(c, y++, "What", block_of(s->at) == BLOCK_WHAT);
	if (s->what) {
		int used = ui_put(c, y, 1, c->at.w - 2, UI_ROLE_NORMAL, UI_NAME | UI_CUT_MIDDLE,
		                  s->what);
		ui_put(c, y, 1 + used, c->at.w - 1 - used, UI_ROLE_NORMAL, UI_TEXT,
		       ", from archive ");
		ui_put(c, y, 16 + used, c->at.w - 16 - used, UI_ROLE_NORMAL, UI_NAME,
		       s->given.archive);
		if (s->names)
			ui_put(c, ++y, 3, c->at.w - 4, UI_ROLE_DIM, UI_NAME | UI_CUT_MIDDLE,
			       s->names);
		return y + 1;
	}
	draw_field(s, c, y, UI_RESTORE_ARCHIVE, "Archive", "number, or latest");
	draw_focus(s, c, y++, UI_RESTORE_ARCHIVE);
	draw_field(s, c, y, UI_RESTORE_PATTERNS, "Mailboxes", "* and % stand for many");
	draw_focus(s, c, y++, UI_RESTORE_PATTERNS);
	draw_field(s, c, y, UI_RESTORE_UIDS, "Messages", "uids 1:5,9; empty: all");
	draw_focus(s, c, y++, UI_RESTORE_UIDS);
	return y;
}

static int draw_where(const struct state *s, struct ui_canvas *c, int y)
{
	int room = c->at.w - NAME_X - 2;
	ui_title(c, y++, "Where", block_of(s->at) == BLOCK_WHERE);
	draw_choice(s, c, y, UI_RESTORE_SAME, "back to where it was");
	if (s->what && s->given.patterns.n == 1)
		ui_put(c, y, NAME_X, room, UI_ROLE_NORMAL, UI_NAME | UI_CUT_MIDDLE,
		       s->given.patterns.items[0]);
	draw_focus(s, c, y++, UI_RESTORE_SAME);
	draw_choice(s, c, y, UI_RESTORE_BESIDE, "into a new folder beside it");
	ui_put(c, y, NAME_X, room, UI_ROLE_NORMAL, UI_NAME, s->beside);
	draw_focus(s, c, y++, UI_RESTORE_BESIDE);
	draw_choice(s, c, y, UI_RESTORE_OTHER, "into another mailbox or user");
	ui_put(c, y, NAME_X - 1, 1, UI_ROLE_NORMAL, UI_TEXT, "[");
	ui_field_draw(&s->other, c, y, NAME_X, room, s->at == UI_RESTORE_OTHER);
	ui_put(c, y, NAME_X + room, 1, UI_ROLE_NORMAL, UI_TEXT, "]");
	draw_focus(s, c, y++, UI_RESTORE_OTHER);
	return y;
}

static int draw_how(const struct state *s, struct ui_canvas *c, int y)
{
	ui_title(c, y++, "How", block_of(s->at) == BLOCK_HOW);
	draw_choice(s, c, y, UI_RESTORE_SYNC, "by replication commands");
	ui_put(c, y, NAME_X, c->at.w - NAME_X, UI_ROLE_NORMAL, UI_TEXT,
	       "keeps everything; the usual way");
	draw_focus(s, c, y++, UI_RESTORE_SYNC);
	draw_choice(s, c, y, UI_RESTORE_IMAP, "by IMAP APPEND");
	ui_put(c, y, NAME_X, c->at.w - NAME_X, UI_ROLE_NORMAL, UI_TEXT, "for any server; new uids");
	draw_focus(s, c, y++, UI_RESTORE_IMAP);
	return y;
}

static void draw_form(const struct state *s, struct ui_canvas *c)
{
	int y = draw_what(s, c, 0);
	y = draw_where(s, c, y);
	y = draw_how(s, c, y);
	ui_title(c, y++, "In words", false);
	for (size_t i = 0; i < s->lines.n; i++, y++) {
		const struct ui_line *l = &s->lines.items[i];
		ui_put_from(c, y, 1 + l->indent, c->at.w - 1 - l->indent, UI_ROLE_NORMAL, UI_TEXT,
		            s->words + l->at, l->len, 0);
	}
}

static void draw(const struct ui_view *v, struct ui_canvas *c)
{
	const struct state *s = v->state;
	int w = form_width(v);
	struct ui_canvas form = ui_canvas_part(c, (struct ui_rect){0, 0, c->at.h, w});
	draw_form(s, &form);
	if (w == c->at.w)
		return;
	struct ui_canvas pane = ui_pane_beside(c, w);
	ui_title(&pane, 0, "Under the bar", false);
	(void)ui_put_wrapped(&pane, (struct ui_rect){1, 1, c->at.h - 1, pane.at.w - 2},
	                     UI_ROLE_NORMAL, UI_TEXT, ui_restore_meaning(s->at));
}

static void head(const struct ui_view *v, struct ck_buf *left, struct ck_buf *right)
{
	(void)v, (void)right;
	(void)ck_buf_adds(left, "Restore: [1 What and where] > 2 Preview > 3 Run");
}

static void hint(const struct ui_view *v, struct ck_buf *ret)
{
	const struct state *s = v->state;
	enum ui_restore_item at;
	const char *why = lack(s, &at);
	if (why)
		(void)ck_buf_addf(ret, "%s.", why);
	else
		(void)ck_buf_adds(ret, "F5 compares archive and server, and shows what would be "
		                       "done.");
}

/* --- acting ------------------------------------------------------------------------------- */

static enum ui_reply move(struct state *s, int step)
{
	int to = (int)s->at;
	do
		to += step;
	while (to >= 0 && to < UI_RESTORE_MAX_ && !is_shown(s, (enum ui_restore_item)to));
	if (to < 0 || to >= UI_RESTORE_MAX_)
		return UI_DONE;
	s->at = (enum ui_restore_item)to;
	return UI_REPAINT;
}

/** To the chosen row of the next block, round and round. */
static enum ui_reply move_block(struct state *s, int step)
{
	enum block b = block_of(s->at);
	do
		b = (enum block)((b + 3 + step) % 3);
	while (b == BLOCK_WHAT && s->what);
	s->at = b == BLOCK_WHAT ? UI_RESTORE_ARCHIVE : b == BLOCK_WHERE ? s->where : s->via;
	return UI_REPAINT;
}

static enum ui_reply choose(struct ui_view *v, enum ui_restore_item it)
{
	struct state *s = v->state;
	if (block_of(it) == BLOCK_WHERE)
		s->where = it;
	else if (block_of(it) == BLOCK_HOW)
		s->via = it;
	else
		return UI_IGNORED;
	say(v);
	return UI_REPAINT;
}

static enum ui_reply forward(struct ui_view *v)
{
	struct state *s = v->state;
	struct ck_restore_request request = {0};
	struct ck_err err = CK_ERR_INIT;
	const char *why = lack(s, &s->at);
	if (why) {
		ui_app_say(v->app, UI_SAY_WARN, "%s", why);
	} else if (make_request(s, &request) < 0) {
		(void)ck_err_nomem(&err);
		ui_app_fail(v->app, "The preview cannot be made", &err);
	} else {
		(void)ui_app_push(v->app, &ui_view_rehearsal,
		                  &(struct ui_restore_arg){.request = &request});
		ck_restore_request_fini(&request);
	}
	return UI_REPAINT;
}

static enum ui_reply show_command(struct ui_view *v)
{
	struct ck_restore_request request = {0};
	struct ck_buf out = CK_BUF_INIT;
	enum ui_restore_item at;
	const char *why = lack(v->state, &at);
	if (why) {
		ui_app_say(v->app, UI_SAY_WARN, "%s", why);
	} else if (make_request(v->state, &request) == 0) {
		ui_restore_command(ui_app_settings(v->app), &request, &out);
		(void)ui_app_push(v->app, &ui_view_command, out.data);
		ck_restore_request_fini(&request);
	}
	ck_buf_fini(&out);
	return UI_REPAINT;
}

static enum ui_reply act(struct ui_view *v, enum ui_action a)
{
	struct state *s = v->state;
	switch (a) {
	case UI_ACT_UP:
		return move(s, -1);
	case UI_ACT_DOWN:
		return move(s, 1);
	case UI_ACT_NEXT:
		return move_block(s, 1);
	case UI_ACT_PREV:
		return move_block(s, -1);
	case UI_ACT_TICK:
		return choose(v, s->at);
	case UI_ACT_OPEN:
		(void)choose(v, s->at);
		return move_block(s, 1);
	case UI_ACT_FORWARD:
		return forward(v);
	case UI_ACT_STEP_BACK:
		return UI_CLOSE;
	case UI_ACT_COMMAND:
		return show_command(v);
	default:
		return UI_IGNORED;
	}
}

static enum ui_reply click(struct ui_view *v, int y, int x)
{
	struct state *s = v->state;
	if (x >= form_width(v))
		return UI_DONE;
	int what = s->names ? 2 : s->what ? 1 : 3;
	int where = y - (1 + what + 1), how = where - (3 + 1);
	if (!s->what && y >= 1 && y <= 3)
		s->at = (enum ui_restore_item)(UI_RESTORE_ARCHIVE + y - 1);
	else if (where >= 0 && where < 3)
		return choose(v, s->at = (enum ui_restore_item)(UI_RESTORE_SAME + where));
	else if (how >= 0 && how < 2)
		return choose(v, s->at = (enum ui_restore_item)(UI_RESTORE_SYNC + how));
	return UI_REPAINT;
}

/** Typing goes into the field with the focus; on the third place it chooses that too. */
static enum ui_reply key(struct ui_view *v, const struct ui_key *k)
{
	struct state *s = v->state;
	if (k->code == UI_KEY_CLICK)
		return click(v, k->y, k->x);
	struct ui_field *f = field_of(s, s->at);
	if (!f ||
	    (k->code == UI_KEY_SPACE && s->at == UI_RESTORE_OTHER && s->where != UI_RESTORE_OTHER))
		return UI_IGNORED;
	enum ui_reply r = ui_field_key(f, k);
	if (r == UI_REPAINT && s->at == UI_RESTORE_OTHER && f->text.len)
		(void)choose(v, UI_RESTORE_OTHER);
	return r;
}

static bool types(const struct ui_view *v)
{
	const struct state *s = v->state;
	return s->at <= UI_RESTORE_UIDS || s->at == UI_RESTORE_OTHER;
}

static void layout(struct ui_view *v, int rows, int cols)
{
	(void)cols;
	name_mailboxes(v->state, rows < ROWS_FOR_NAMES ? 0 : form_width(v) - 4);
	say(v);
}

static void name_beside(struct ui_view *v, char separator)
{
	struct state *s = v->state;
	const struct ui_house *h = ui_app_house(v->app);
	time_t now = (time_t)ui_app_now(v->app);
	struct tm tm;
	if (!separator)
		separator = h->server ? h->server->server->separator : '/';
	if (localtime_r(&now, &tm))
		snprintf(s->beside, sizeof s->beside, "RESTORED%c%04d-%02d-%02d", separator,
		         tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
}

static int open_restore(struct ui_view *v, const void *arg, struct ck_err *err)
{
	const struct ui_restore_arg *a = arg;
	struct state *s = v->state;
	ui_field_init(&s->archive);
	ui_field_init(&s->patterns);
	ui_field_init(&s->uids);
	ui_field_init(&s->other);
	ui_field_set(&s->archive, "latest");
	s->at = a ? UI_RESTORE_BESIDE : UI_RESTORE_PATTERNS;
	s->where = UI_RESTORE_BESIDE;
	s->via = UI_RESTORE_SYNC;
	name_beside(v, a ? a->separator : '\0');
	if (!a)
		return CK_OK;
	s->what = strdup(a->what);
	if (!s->what || ck_restore_request_copy(a->request, &s->given) < 0)
		return ck_err_nomem(err);
	return CK_OK;
}

static void close_restore(struct ui_view *v)
{
	struct state *s = v->state;
	ck_restore_request_fini(&s->given);
	ui_field_fini(&s->archive);
	ui_field_fini(&s->patterns);
	ui_field_fini(&s->uids);
	ui_field_fini(&s->other);
	ui_lines_fini(&s->lines);
	free(s->what);
	free(s->names);
	free(s->words);
}

static const struct ui_binding bindings[] = {
	{UI_ACT_FORWARD, "Next: preview", "Compare archive and server; changes nothing"},
	{UI_ACT_TICK, "Choose", "Choose what is under the bar"},
	{UI_ACT_NEXT, "Next block", NULL},
	{UI_ACT_COMMAND, "Command", NULL},
	{UI_ACT_STEP_BACK, "Back", NULL},
	{0},
};

const struct ui_view_ops ui_view_restore = {
	.name = "restore",
	.title = "Restore",
	.place = 5,
	.state_size = sizeof(struct state),
	.bindings = bindings,
	.help = "What is put back, and where to. In every case only what is missing is added; "
		"nothing that is on the server is removed or overwritten.\n\n"
		"Mailboxes and messages are chosen in 4 Archives; F6 there leads here with them. "
		"Without that, name the mailboxes as an administrator sees them, with commas "
		"between several.",
	.open = open_restore,
	.close = close_restore,
	.act = act,
	.key = key,
	.types = types,
	.layout = layout,
	.draw = draw,
	.head = head,
	.hint = hint,
};
