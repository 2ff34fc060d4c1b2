/* SPDX-License-Identifier: BSD-2-Clause */
#include "archives/rehearsed.h"

#include <stdio.h>
#include <string.h>

#include "words/fmt.h"

const struct ui_column ui_rehearsed_columns[] = {
	{"Mailbox", 0, 20, false, 0, true}, {"archive", 7, 0, true, 1, true},
	{"now", 7, 0, true, 2, true},       {"after", 7, 0, true, 4, true},
	{"add", 7, 0, true, 0, true},       {"same", 7, 0, true, 3, true},
	{"note", 18, 0, false, 0, false},   {0},
};

bool ui_rehearsed_is_moved(const struct ck_rehearsal_mailbox *m)
{
	return strcmp(m->source, m->target) != 0;
}

/** Is there nothing yet where it goes, as far as one knows? */
static bool is_absent(const struct ck_rehearsal_mailbox *m)
{
	return m->action == CK_RESTORE_RECREATE || m->action == CK_RESTORE_CREATE ||
	       (m->action == CK_RESTORE_REFUSE && !m->now);
}

static const char *note_of(const struct ck_rehearsal_mailbox *m)
{
	static const char *const words[] = {
		[CK_RESTORE_ADD] = "", /* the figures say it */
		[CK_RESTORE_RECREATE] = "gone; made again",
		[CK_RESTORE_CREATE] = "new mailbox",
		[CK_RESTORE_NOTHING] = "nothing is missing",
		[CK_RESTORE_REFUSE] = "! cannot be done",
	};
	return words[m->action];
}

/** What is wrong, else where it comes from, else what becomes of it. */
static void put_note(const struct ck_rehearsal_mailbox *m, char *buf, size_t size,
                     struct ui_value *ret)
{
	bool bad = m->action == CK_RESTORE_REFUSE || m->damaged;
	ret->role = bad ? UI_ROLE_ERROR : UI_ROLE_NORMAL;
	if (m->damaged) {
		snprintf(buf, size, "! %s damaged", ui_fmt_count(m->damaged).s);
	} else if (!bad && ui_rehearsed_is_moved(m)) {
		snprintf(buf, size, "was %s", m->source);
		ret->flags = UI_NAME | UI_CUT_MIDDLE;
	} else {
		ret->text = note_of(m);
	}
}

void ui_rehearsed_value(const struct ck_rehearsal_mailbox *m, enum ui_rehearsed_column column,
                        char *buf, size_t size, struct ui_value *ret)
{
	buf[0] = '\0';
	ret->text = buf;
	switch (column) {
	case UI_REHEARSED_NAME:
		ret->text = m->target;
		ret->flags = UI_NAME | UI_CUT_MIDDLE;
		break;
	case UI_REHEARSED_ARCHIVE:
		snprintf(buf, size, "%s", ui_fmt_count_short(m->wanted).s);
		break;
	case UI_REHEARSED_NOW:
		snprintf(buf, size, "%s", is_absent(m) ? "-" : ui_fmt_count_short(m->now).s);
		break;
	case UI_REHEARSED_AFTER:
		snprintf(buf, size, "%s",
		         m->action == CK_RESTORE_REFUSE
		                 ? "-"
		                 : ui_fmt_count_short(m->now + m->missing).s);
		break;
	case UI_REHEARSED_ADD:
		snprintf(buf, size, "%s", ui_fmt_count_short(m->missing).s);
		ret->role = m->missing ? UI_ROLE_NEW : UI_ROLE_NORMAL;
		break;
	case UI_REHEARSED_SAME:
		snprintf(buf, size, "%s", ui_fmt_count_short(m->present).s);
		break;
	case UI_REHEARSED_NOTE:
		put_note(m, buf, size, ret);
		break;
	}
}

void ui_rehearsed_sort(const struct ck_rehearsal_mailbox *m, enum ui_rehearsed_column column,
                       struct ui_sort *ret)
{
	if (column == UI_REHEARSED_NAME)
		*ret = (struct ui_sort){.text = m->target, .natural = true};
	else
		ret->number = column == UI_REHEARSED_ARCHIVE ? m->wanted
		              : column == UI_REHEARSED_NOW   ? m->now
		              : column == UI_REHEARSED_AFTER ? m->now + m->missing
		              : column == UI_REHEARSED_ADD   ? m->missing
		                                             : m->present;
}

void ui_rehearsed_explain(const struct ck_rehearsal_mailbox *m, struct ck_buf *out)
{
	static const char *const becomes[] = {
		[CK_RESTORE_ADD] = "What is missing is added; what is there stays as it is.",
		[CK_RESTORE_RECREATE] = "It is gone, and is made again.",
		[CK_RESTORE_CREATE] = "A new mailbox is made for it.",
		[CK_RESTORE_NOTHING] = "Nothing is missing: nothing is done.",
		[CK_RESTORE_REFUSE] = "It cannot be put back like this.",
	};
	(void)ck_buf_addf(out, "%s\n", m->target);
	if (ui_rehearsed_is_moved(m))
		(void)ck_buf_addf(out, "from     %s\n", m->source);
	(void)ck_buf_addf(out, "archive  %s asked for\n", ui_fmt_things(m->wanted, "message").s);
	if (is_absent(m))
		(void)ck_buf_adds(out, "now      not there\n");
	else
		(void)ck_buf_addf(out, "now      %s\n", ui_fmt_things(m->now, "message").s);
	if (m->action != CK_RESTORE_REFUSE)
		(void)ck_buf_addf(out, "after    %s\n",
		                  ui_fmt_things(m->now + m->missing, "message").s);
	(void)ck_buf_addf(out, "add      %s, %s\n", ui_fmt_count(m->missing).s,
	                  ui_fmt_size(m->missing_bytes).s);
	(void)ck_buf_addf(out, "same     %s, left alone\n", ui_fmt_count(m->present).s);
	if (m->damaged)
		(void)ck_buf_addf(out, "damaged  %s in the archive, not added\n",
		                  ui_fmt_count(m->damaged).s);
	(void)ck_buf_addf(out, "\n%s", becomes[m->action]);
	if (m->reason && *m->reason)
		(void)ck_buf_addf(out, "\n%s.", m->reason);
}
