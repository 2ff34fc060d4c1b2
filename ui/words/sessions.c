/* SPDX-License-Identifier: BSD-2-Clause */
#include "words/sessions.h"

#include "words/fmt.h"
#include "words/text.h"

void ui_sessions_count(const struct ck_sessions *s, struct ck_buf *ret)
{
	if (s->n == 0) {
		(void)ck_buf_adds(ret, "no session");
		return;
	}
	(void)ck_buf_adds(ret, ui_fmt_things(s->n, "session").s);
	if (s->nusers == 0)
		(void)ck_buf_adds(ret, ", not logged in");
	else
		(void)ck_buf_addf(ret, " of %s", ui_fmt_things(s->nusers, "user").s);
}

/** One user as he stands in the list. */
static void add_user(const struct ck_session_user *u, struct ck_buf *ret)
{
	(void)ui_text(u->user, SIZE_MAX, UI_NAME, ret);
	if (u->sessions > 1)
		(void)ck_buf_addf(ret, " (%s)", ui_fmt_count(u->sessions).s);
}

/** What stands behind the last one when @left are not named. */
static void add_rest(size_t left, bool first, struct ck_buf *ret)
{
	if (left && first)
		(void)ck_buf_adds(ret, ui_fmt_things(left, "user").s);
	else if (left)
		(void)ck_buf_addf(ret, " and %s more", ui_fmt_count(left).s);
}

/** Does all of @text and the words for @left others go into @width? */
static bool fits(const struct ck_buf *text, size_t left, bool first, int width)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf all = CK_BUF_INIT;
	(void)ck_buf_adds(&all, text->data);
	add_rest(left, first, &all);
	return ui_text_width(all.data, UI_NAME) <= width;
}

void ui_sessions_names(const struct ck_sessions *s, int width, struct ck_buf *ret)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	size_t i = 0;
	for (; i < s->nusers; i++) {
		CK_CLEANUP(ck_buf_fini) struct ck_buf more = CK_BUF_INIT;
		(void)ck_buf_addf(&more, "%s%s", text.data, i ? ", " : "");
		add_user(&s->users[i], &more);
		if (!fits(&more, s->nusers - i - 1, false, width))
			break;
		ck_buf_reset(&text);
		(void)ck_buf_adds(&text, more.data);
	}
	add_rest(s->nusers - i, i == 0, &text);
	(void)ck_buf_adds(ret, text.data);
}
