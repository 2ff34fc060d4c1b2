/* SPDX-License-Identifier: BSD-2-Clause */
#include "archives/rehearsed.h"

#include <stdio.h>
#include <stdlib.h>
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
	return m->source && strcmp(m->source, m->target) != 0;
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

uint64_t ui_rehearsed_added(const struct ck_rehearsal_mailbox *m, bool leave)
{
	return m->missing - (leave ? m->elsewhere : 0);
}

/** Bytes of "user/bob" in front of @target, whatever its separator; 0 where it is spelled
 * otherwise. */
static size_t user_prefix(const char *target, const char *owner)
{
	size_t front = sizeof "user" - 1, len = strcspn(owner, "@");
	if (strncmp(target, "user", front) != 0 || !target[front] ||
	    strncmp(target + front + 1, owner, len) != 0)
		return 0;
	char next = target[front + 1 + len];
	return !next || next == '@' || next == target[front] ? front + 1 + len : 0;
}

const char *ui_rehearsed_called(const char *name, const char *owner)
{
	size_t n = owner ? user_prefix(name, owner) : 0;
	return !n ? name : name[n] == name[sizeof "user" - 1] ? name + n + 1 : "INBOX";
}

/** What is wrong, else where it lies now or comes from, else what becomes of it. */
static void put_note(const struct ck_rehearsal_mailbox *m, bool leave, char *buf, size_t size,
                     struct ui_value *ret)
{
	bool bad = m->action == CK_RESTORE_REFUSE || m->damaged;
	ret->role = bad ? UI_ROLE_ERROR : UI_ROLE_NORMAL;
	if (m->damaged) {
		snprintf(buf, size, "! %s damaged", ui_fmt_count(m->damaged).s);
	} else if (!bad && m->elsewhere) {
		snprintf(buf, size, "%s %s%s%s", ui_fmt_count(m->elsewhere).s, leave ? "stay " : "",
		         m->elsewhere_in ? "in " : "elsewhere",
		         m->elsewhere_in ? ui_rehearsed_called(m->elsewhere_in, m->owner) : "");
		ret->flags = UI_NAME | UI_CUT_MIDDLE;
	} else if (!bad && ui_rehearsed_is_moved(m)) {
		snprintf(buf, size, "was %s", m->source);
		ret->flags = UI_NAME | UI_CUT_MIDDLE;
	} else {
		ret->text =
			m->source || m->action != CK_RESTORE_CREATE ? note_of(m) : "new mailboxes";
	}
}

void ui_rehearsed_value(const struct ck_rehearsal_mailbox *m, bool leave,
                        enum ui_rehearsed_column column, char *buf, size_t size,
                        struct ui_value *ret)
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
		                 : ui_fmt_count_short(m->now + ui_rehearsed_added(m, leave)).s);
		break;
	case UI_REHEARSED_ADD:
		snprintf(buf, size, "%s", ui_fmt_count_short(ui_rehearsed_added(m, leave)).s);
		ret->role = ui_rehearsed_added(m, leave) ? UI_ROLE_NEW : UI_ROLE_NORMAL;
		break;
	case UI_REHEARSED_SAME:
		snprintf(buf, size, "%s", ui_fmt_count_short(m->present).s);
		break;
	case UI_REHEARSED_NOTE:
		put_note(m, leave, buf, size, ret);
		break;
	}
}

void ui_rehearsed_sort(const struct ck_rehearsal_mailbox *m, bool leave,
                       enum ui_rehearsed_column column, struct ui_sort *ret)
{
	if (column == UI_REHEARSED_NAME)
		*ret = (struct ui_sort){.text = m->target, .natural = true};
	else
		ret->number = column == UI_REHEARSED_ARCHIVE ? m->wanted
		              : column == UI_REHEARSED_NOW   ? m->now
		              : column == UI_REHEARSED_AFTER ? m->now + ui_rehearsed_added(m, leave)
		              : column == UI_REHEARSED_ADD   ? ui_rehearsed_added(m, leave)
		                                             : m->present;
}

void ui_rehearsed_explain(const struct ck_rehearsal_mailbox *m, bool leave, struct ck_buf *out)
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
		(void)ck_buf_addf(
			out, "after    %s\n",
			ui_fmt_things(m->now + ui_rehearsed_added(m, leave), "message").s);
	(void)ck_buf_addf(out, "add      %s, %s\n", ui_fmt_count(ui_rehearsed_added(m, leave)).s,
	                  ui_fmt_size(m->missing_bytes - (leave ? m->elsewhere_bytes : 0)).s);
	if (m->elsewhere)
		(void)ck_buf_addf(out, "%s    %s in %s now\n", leave ? "left " : "found",
		                  ui_fmt_count(m->elsewhere).s,
		                  m->elsewhere_in ? m->elsewhere_in : "other mailboxes");
	(void)ck_buf_addf(out, "same     %s, left alone\n", ui_fmt_count(m->present).s);
	if (m->damaged)
		(void)ck_buf_addf(out, "damaged  %s in the archive, not added\n",
		                  ui_fmt_count(m->damaged).s);
	(void)ck_buf_addf(out, "\n%s", becomes[m->action]);
	if (m->reason && *m->reason)
		(void)ck_buf_addf(out, "\n%s.", m->reason);
}

/* --- the tree ----------------------------------------------------------------------------- */

static uint32_t parent_of(const void *ctx, uint32_t node)
{
	return ((const struct ui_rehearsed *)ctx)->nodes[node].parent;
}

static uint32_t end_of(const void *ctx, uint32_t node)
{
	return ((const struct ui_rehearsed *)ctx)->nodes[node].end;
}

const struct ui_tree_ops ui_rehearsed_tree = {.parent = parent_of, .end = end_of};

static bool same_owner(const struct ck_rehearsal_mailbox *a, const struct ck_rehearsal_mailbox *b)
{
	return a->owner && b->owner && strcmp(a->owner, b->owner) == 0;
}

/** What becomes of a user of whose mailboxes that becomes: the same where it is the same of all. */
static enum ck_restore_action joined(enum ck_restore_action a, enum ck_restore_action b)
{
	return a == b ? a : CK_RESTORE_ADD;
}

/** "user/bob", or "user/bob@example.org"; owned. */
static char *user_name(const struct ck_rehearsal_mailbox *m)
{
	struct ck_buf name = CK_BUF_INIT;
	size_t n = user_prefix(m->target, m->owner);
	if (!n)
		return strdup(m->owner);
	(void)ck_buf_add(&name, m->target, n);
	(void)ck_buf_adds(&name, m->owner + strcspn(m->owner, "@"));
	return ck_buf_take(&name);
}

static int add_sum(struct ui_rehearsed *r, const struct ck_rehearsal_mailbox *m, size_t n)
{
	struct ck_rehearsal_mailbox *sum = &r->sums[r->nsums];
	*sum = (struct ck_rehearsal_mailbox){.action = m[0].action, .target = user_name(&m[0])};
	if (!sum->target || !(sum->owner = strdup(m[0].owner)))
		return CK_ENOMEM;
	for (size_t i = 0; i < n; i++) {
		bool refused = m[i].action == CK_RESTORE_REFUSE;
		sum->action = joined(sum->action, m[i].action);
		sum->wanted += m[i].wanted;
		sum->now += m[i].now;
		sum->present += m[i].present;
		sum->damaged += m[i].damaged;
		sum->missing += refused ? 0 : m[i].missing;
		sum->missing_bytes += refused ? 0 : m[i].missing_bytes;
		sum->elsewhere += m[i].elsewhere;
		sum->elsewhere_bytes += m[i].elsewhere_bytes;
	}
	return CK_OK;
}

static void add_node(struct ui_rehearsed *r, const struct ck_rehearsal_mailbox *m,
                     const char *label, uint32_t parent)
{
	r->nodes[r->n] = (struct ui_rehearsed_node){
		.m = m, .label = label, .parent = parent, .end = r->n + 1};
	r->n++;
}

/** The @n mailboxes of one user. */
static int add_user(struct ui_rehearsed *r, const struct ck_rehearsal_mailbox *m, size_t n)
{
	uint32_t user = r->n;
	if (add_sum(r, m, n) < 0)
		return CK_ENOMEM;
	add_node(r, &r->sums[r->nsums], r->sums[r->nsums].target, 0);
	r->nodes[user].user = true;
	r->nsums++;
	for (size_t i = 0; i < n; i++)
		add_node(r, &m[i], ui_rehearsed_called(m[i].target, m[i].owner), user);
	r->nodes[user].end = r->n;
	return CK_OK;
}

int ui_rehearsed_arrange(struct ui_rehearsed *r)
{
	const struct ck_rehearsal_mailbox *all = r->plan.mailboxes;
	r->nodes = ck_alloc(r->plan.n * 2 + 1, sizeof *r->nodes);
	r->sums = ck_alloc(r->plan.n + 1, sizeof *r->sums);
	if (!r->nodes || !r->sums)
		return CK_ENOMEM;
	add_node(r, NULL, "", 0);
	for (size_t i = 0, n; i < r->plan.n; i += n) {
		for (n = 1; i + n < r->plan.n && same_owner(&all[i], &all[i + n]);)
			n++;
		if (n == 1)
			add_node(r, &all[i], all[i].target, 0);
		else if (add_user(r, &all[i], n) < 0)
			return CK_ENOMEM;
	}
	r->nodes[0].end = r->n;
	return CK_OK;
}

void ui_rehearsed_free(void *rehearsed)
{
	struct ui_rehearsed *r = rehearsed;
	if (!r)
		return;
	for (size_t i = 0; i < r->nsums; i++) {
		free(r->sums[i].target);
		free(r->sums[i].owner);
	}
	free(r->sums);
	free(r->nodes);
	ck_rehearsal_fini(&r->plan);
	free(r);
}
