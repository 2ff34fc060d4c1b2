/* SPDX-License-Identifier: BSD-2-Clause */
/** What a rehearsal cannot decide by itself: questions, each with a default that is safe. */
#ifndef UI_ANSWERS_H
#define UI_ANSWERS_H

#include <cyrkeep/restore.h>

#include "terminal/wrap.h"
#include "widgets/view.h"

enum ui_answer {
	UI_ANSWER_RESTORE, /**< What lies elsewhere comes back all the same. */
	UI_ANSWER_LEAVE,
	UI_ANSWER_KEEP, /**< A limit that would be passed is left as it is. */
	UI_ANSWER_FIT,
	UI_ANSWER_RAISE,
	UI_ANSWER_MAX_,
};

/** One that can be chosen, and where it stands. */
struct ui_answer_option {
	enum ui_answer answer;
	int question;
	struct ck_buf label;
	int y, x;
};

struct ui_answer_question {
	char *text;
	struct ui_lines lines;
	int y;
};

/** The questions of a rehearsal; the request holds the answers. Zeroed: none. */
struct ui_answers {
	const struct ck_rehearsal *plan;
	struct ck_restore_request *request;
	struct ui_answer_question questions[2];
	int nquestions;
	struct ui_answer_option options[UI_ANSWER_MAX_];
	int noptions;
	enum ui_answer at;
	int rows;
};
void ui_answers_fini(struct ui_answers *a);

/** Which questions there are, given the answers, in @width cells; sets rows. */
void ui_answers_layout(struct ui_answers *a, int width);

/** Draw from row @y of @c on. */
void ui_answers_draw(const struct ui_answers *a, struct ui_canvas *c, int y, bool focus);

/** Arrows move, Space chooses. @return UI_IGNORED for the rest. An answer may do away with
 * a question: then it is to be laid out anew. */
enum ui_reply ui_answers_act(struct ui_answers *a, enum ui_action action);

/** A click at @y, @x of what was drawn. */
enum ui_reply ui_answers_click(struct ui_answers *a, int y, int x);

/** What the option under the bar means, for the message line; appended. */
void ui_answers_hint(const struct ui_answers *a, struct ck_buf *ret);

/** Question and answer, for a file; appended. */
void ui_answers_say(const struct ui_answers *a, struct ck_buf *ret);

#endif
