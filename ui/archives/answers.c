/* SPDX-License-Identifier: BSD-2-Clause */
#include "archives/answers.h"

#include <stdlib.h>
#include <string.h>

#include "words/fmt.h"
#include "words/restoring.h"

#define TEXT_X 4

static void forget(struct ui_answers *a)
{
	for (int i = 0; i < a->nquestions; i++) {
		free(a->questions[i].text);
		ui_lines_fini(&a->questions[i].lines);
		a->questions[i] = (struct ui_answer_question){0};
	}
	for (int i = 0; i < a->noptions; i++)
		ck_buf_fini(&a->options[i].label);
	a->nquestions = a->noptions = a->rows = 0;
}

void ui_answers_fini(struct ui_answers *a)
{
	forget(a);
	*a = (struct ui_answers){0};
}

static const enum ck_restore_quota quota_of[] = {[UI_ANSWER_KEEP] = CK_QUOTA_KEEP,
                                                 [UI_ANSWER_FIT] = CK_QUOTA_FIT,
                                                 [UI_ANSWER_RAISE] = CK_QUOTA_RAISE};

static bool is_chosen(const struct ui_answers *a, enum ui_answer answer)
{
	const struct ck_restore_request *r = a->request;
	return answer <= UI_ANSWER_LEAVE ? r->leave_elsewhere == (answer == UI_ANSWER_LEAVE)
	                                 : r->quota == quota_of[answer];
}

/** The first limit that would be passed, and how many there are. */
static const struct ck_rehearsal_quota *passed(const struct ui_answers *a, size_t *ret_n)
{
	const struct ck_rehearsal_quota *first = NULL;
	*ret_n = 0;
	for (size_t i = 0; i < a->plan->nquotas; i++)
		if (ck_restore_passes(&a->plan->quotas[i], a->request)) {
			first = first ? first : &a->plan->quotas[i];
			++*ret_n;
		}
	return first;
}

/* --- which there are ------------------------------------------------------------------------ */

static void add_option(struct ui_answers *a, enum ui_answer answer, const char *label)
{
	struct ui_answer_option *o = &a->options[a->noptions++];
	*o = (struct ui_answer_option){
		.answer = answer, .question = a->nquestions, .label = CK_BUF_INIT};
	(void)ck_buf_adds(&o->label, label);
}

/** Options side by side from column @x on, as far as they go, from row @y on. @return rows. */
static int place(struct ui_answers *a, int first, int y, int x, int width)
{
	int at = x, row = 0;
	for (int i = first; i < a->noptions; i++) {
		struct ui_answer_option *o = &a->options[i];
		int w = 4 + ui_text_width(o->label.data, UI_TEXT);
		if (at > x && at + w > width) {
			at = x;
			row++;
		}
		o->y = y + row;
		o->x = at;
		at += w + 2;
	}
	return row + 1;
}

static void ask(struct ui_answers *a, struct ck_buf *text, int first, int width)
{
	struct ui_answer_question *q = &a->questions[a->nquestions++];
	int x = width / 2 + 3;
	*q = (struct ui_answer_question){.text = ck_buf_take(text), .y = a->rows};
	if (q->text)
		(void)ui_wrap(&q->lines, q->text, strlen(q->text), x - TEXT_X - 2, UI_NAME);
	int rows = place(a, first, a->rows, x, width);
	a->rows += rows > (int)q->lines.n ? rows : (int)q->lines.n;
}

static void ask_elsewhere(struct ui_answers *a, int width)
{
	struct ck_buf text = CK_BUF_INIT;
	int first = a->noptions;
	if (!a->plan->elsewhere)
		return;
	ui_elsewhere_words(a->plan, &text);
	add_option(a, UI_ANSWER_RESTORE, "restore");
	add_option(a, UI_ANSWER_LEAVE, "leave them there");
	ask(a, &text, first, width);
}

static void ask_quota(struct ui_answers *a, int width)
{
	struct ck_buf text = CK_BUF_INIT, raise = CK_BUF_INIT;
	size_t n;
	const struct ck_rehearsal_quota *q = passed(a, &n);
	int first = a->noptions;
	bool sync = a->request->via == CK_VIA_SYNC;
	if (!q)
		return;
	if (n == 1) {
		(void)ck_buf_addf(&text, "Quota of %s would be ", q->root);
		ui_passed_figures(q, a->request, &text);
	} else {
		(void)ck_buf_addf(&text, "%s limits of quotas would be passed", ui_fmt_count(n).s);
	}
	add_option(a, UI_ANSWER_KEEP, sync ? "go past it" : "as far as it goes");
	if (sync)
		add_option(a, UI_ANSWER_FIT, "only what fits");
	(void)ck_buf_adds(&raise, "raise ");
	if (n == 1) {
		(void)ck_buf_adds(&raise, "to ");
		ui_quota_figure(q, q->raised, &raise);
	} else {
		(void)ck_buf_adds(&raise, "them");
	}
	(void)ck_buf_adds(&raise, ", for good");
	add_option(a, UI_ANSWER_RAISE, raise.data);
	ck_buf_fini(&raise);
	ask(a, &text, first, width);
}

void ui_answers_layout(struct ui_answers *a, int width)
{
	bool there = false;
	forget(a);
	ask_elsewhere(a, width);
	ask_quota(a, width);
	for (int i = 0; i < a->noptions; i++)
		there = there || a->options[i].answer == a->at;
	if (!there && a->noptions)
		a->at = a->options[0].answer;
}

/* --- drawing -------------------------------------------------------------------------------- */

void ui_answers_draw(const struct ui_answers *a, struct ui_canvas *c, int y, bool focus)
{
	for (int i = 0; i < a->nquestions; i++) {
		const struct ui_answer_question *q = &a->questions[i];
		ui_putf(c, y + q->y, 1, 2, UI_ROLE_NORMAL, "%d", i + 1);
		(void)ui_put_lines(c,
		                   (struct ui_rect){y + q->y, TEXT_X, (int)q->lines.n,
		                                    c->at.w / 2 - TEXT_X + 1},
		                   UI_ROLE_NORMAL, UI_NAME, &q->lines, q->text);
	}
	for (int i = 0; i < a->noptions; i++) {
		const struct ui_answer_option *o = &a->options[i];
		ui_put(c, y + o->y, o->x, 3, UI_ROLE_NORMAL, UI_TEXT, "( )");
		if (is_chosen(a, o->answer))
			ui_put(c, y + o->y, o->x + 1, 1, UI_ROLE_TICK_IN, UI_TEXT,
			       ui_mark(c, UI_MARK_RADIO));
		int w = ui_put(c, y + o->y, o->x + 4, c->at.w - o->x - 4, UI_ROLE_NORMAL, UI_TEXT,
		               o->label.data);
		if (!focus || o->answer != a->at)
			continue;
		ui_put(c, y + o->y, 0, 1, UI_ROLE_NORMAL, UI_TEXT, ">");
		ui_over(c, y + o->y, o->x, 4 + w, UI_ROLE_CURSOR);
		ui_cursor(c, y + o->y, o->x + 1);
	}
}

void ui_answers_hint(const struct ui_answers *a, struct ck_buf *ret)
{
	size_t n, at = ret->len;
	const struct ck_rehearsal_quota *q = passed(a, &n);
	if (a->at == UI_ANSWER_RESTORE)
		(void)ck_buf_adds(ret,
		                  "They are put back where they were; what lies elsewhere stays, "
		                  "too");
	else if (a->at == UI_ANSWER_LEAVE)
		(void)ck_buf_adds(ret, "They are not put back: the user has them already");
	else if (q)
		ui_quota_meaning(q, quota_of[a->at], a->request->via, ret);
	if (ret->len > at && ret->data[at] >= 'a' && ret->data[at] <= 'z')
		ret->data[at] = (char)(ret->data[at] - 'a' + 'A');
}

void ui_answers_say(const struct ui_answers *a, struct ck_buf *ret)
{
	for (int i = 0; i < a->nquestions; i++) {
		(void)ck_buf_addf(ret, "%d  %s\n", i + 1,
		                  a->questions[i].text ? a->questions[i].text : "");
		for (int k = 0; k < a->noptions; k++)
			if (a->options[k].question == i)
				(void)ck_buf_addf(ret, "   (%c) %s\n",
				                  is_chosen(a, a->options[k].answer) ? '*' : ' ',
				                  a->options[k].label.data);
	}
}

/* --- acting --------------------------------------------------------------------------------- */

static enum ui_reply choose(struct ui_answers *a)
{
	struct ck_restore_request *r = a->request;
	if (a->at <= UI_ANSWER_LEAVE)
		r->leave_elsewhere = a->at == UI_ANSWER_LEAVE;
	else
		r->quota = quota_of[a->at];
	return UI_REPAINT;
}

static enum ui_reply move(struct ui_answers *a, int step)
{
	int i = 0;
	while (i < a->noptions - 1 && a->options[i].answer != a->at)
		i++;
	i += step;
	if (i >= 0 && i < a->noptions)
		a->at = a->options[i].answer;
	return UI_REPAINT;
}

enum ui_reply ui_answers_act(struct ui_answers *a, enum ui_action action)
{
	switch (action) {
	case UI_ACT_UP:
	case UI_ACT_LEFT:
		return move(a, -1);
	case UI_ACT_DOWN:
	case UI_ACT_RIGHT:
		return move(a, 1);
	case UI_ACT_TICK:
		return choose(a);
	default:
		return UI_IGNORED;
	}
}

enum ui_reply ui_answers_click(struct ui_answers *a, int y, int x)
{
	for (int i = 0; i < a->noptions; i++) {
		const struct ui_answer_option *o = &a->options[i];
		if (y != o->y || x < o->x || x >= o->x + 4 + ui_text_width(o->label.data, UI_TEXT))
			continue;
		a->at = o->answer;
		return choose(a);
	}
	return UI_DONE;
}
