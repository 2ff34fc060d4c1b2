/* SPDX-License-Identifier: BSD-2-Clause */
#include "archives/boxrows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cyrkeep/acl.h>
#include <cyrkeep/server.h>

#include "words/fmt.h"
#include "words/rules.h"

const struct ui_column ui_boxcolumns[] = {
	{"", 3, 0, false, 0, false},
	{"Mailbox", 0, 20, false, 0, true},
	{"Grade", 5, 0, false, 3, false},
	{"Messages", 10, 0, true, 0, true},
	{"Size", 6, 0, true, 1, true},
	{"Remarks", 24, 0, false, 2, false},
	{0},
};

static const struct ui_boxnode *node_of(const struct ui_boxrow *r)
{
	return &r->opened->boxes.nodes[r->node];
}

const struct ck_archived_mailbox *ui_boxrow_mailbox(const struct ui_boxrow *r)
{
	uint32_t i = node_of(r)->mailbox;
	return i == UI_TREE_NONE ? NULL : &r->opened->mailboxes[i];
}

/** Behind the place of the last mailbox that the row stands for. */
static uint32_t end_of(const struct ui_boxrow *r)
{
	return node_of(r)->first + (r->flat ? 1 : node_of(r)->boxes);
}

void ui_boxrow_ticks(const struct ui_boxrow *r, uint64_t *ret_on, uint64_t *ret_all)
{
	ui_basket_count(r->opened, node_of(r)->first, end_of(r), ret_on, ret_all);
}

bool ui_boxrow_tick(struct ui_opened *o, const struct ui_boxrow *r, bool on)
{
	return ui_basket_set(o, node_of(r)->first, end_of(r), on);
}

/* --- cells ------------------------------------------------------------------------------ */

static void tick_value(const struct ui_boxrow *r, struct ui_value *ret)
{
	const struct ui_basket *b = &r->opened->basket;
	const struct ui_boxnode *node = node_of(r);
	uint64_t on, all;
	ui_boxrow_ticks(r, &on, &all);
	ret->text = "[ ]";
	ret->role = UI_ROLE_TICK_OUT;
	if (node->left_out == node->boxes) {
		ret->text = "[-]";
		ret->role = UI_ROLE_TICK_RULE;
	} else if (on && on == all) {
		ret->text = "[x]";
		ret->role = UI_ROLE_TICK_IN;
	} else if (on || (b->uids.n && node->mailbox == b->mailbox)) {
		ret->text = "[~]";
		ret->role = UI_ROLE_TICK_PART;
	}
}

/** In the tree a row with others below it speaks for all of them, as a tick on it does. */
static bool has_below(const struct ui_boxrow *r)
{
	return !r->flat && node_of(r)->boxes > 1;
}

/** When a mailbox kept by delayed deletion was deleted: Cyrus puts the time behind its name.
 * @return 0: not known */
static int64_t deleted_at(const struct ck_archived_mailbox *m)
{
	const char *last = strrchr(m->intname, '.');
	if (!last || strspn(last + 1, "0123456789ABCDEF") != 8 || last[9])
		return 0;
	return strtoll(last + 1, NULL, 16);
}

/** What stands below a row without a mailbox of its own, all of it deleted mailboxes? */
static bool holds_deleted(const struct ui_boxrow *r)
{
	const struct ui_boxnode *nodes = r->opened->boxes.nodes;
	for (uint32_t node = r->node; node < nodes[r->node].end; node++) {
		uint32_t box = nodes[node].mailbox;
		if (box != UI_TREE_NONE)
			return r->opened->mailboxes[box].flags & CK_MBOX_DELAYED;
	}
	return false;
}

static void deleted_value(const struct ui_boxrow *r, const struct ck_archived_mailbox *m, char *buf,
                          size_t size)
{
	int64_t when = deleted_at(m);
	if (when)
		snprintf(buf, size, "deleted %s", ui_fmt_date(when, r->opened->info->started).s);
	else
		snprintf(buf, size, "deleted");
}

static void remarks_value(const struct ui_boxrow *r, char *buf, size_t size, struct ui_value *ret)
{
	const struct ui_boxnode *node = node_of(r);
	const struct ck_archived_mailbox *m = ui_boxrow_mailbox(r);
	ret->role = UI_ROLE_DIM;
	if (m && m->left_out_by)
		snprintf(buf, size, "by rule %s", m->left_out_by);
	else if (m && m->flags & CK_MBOX_DELAYED)
		deleted_value(r, m, buf, size);
	else if (m && m->messages_left_out)
		snprintf(buf, size, "%s left out",
		         ui_fmt_things(m->messages_left_out, "message").s);
	else if (m && m->flags & CK_MBOX_DAV)
		snprintf(buf, size, "no mail");
	else if (m && has_below(r))
		snprintf(buf, size, "%s here, %u mbx below", ui_fmt_count(m->messages).s,
		         node->boxes - 1);
	else if (!m && node->left_out)
		snprintf(buf, size, "%u of %u left out", node->left_out, node->boxes);
	else if (!m && node->parent == 0 && holds_deleted(r))
		snprintf(buf, size, "deleted, kept by Cyrus");
}

static enum ui_role grade_role(enum ck_grade grade)
{
	return grade >= CK_GRADE_F   ? UI_ROLE_ERROR
	       : grade >= CK_GRADE_C ? UI_ROLE_WARN
	                             : UI_ROLE_NORMAL;
}

void ui_boxrow_value(const struct ui_boxrow *r, enum ui_boxcolumn column, char *buf, size_t size,
                     struct ui_value *ret)
{
	const struct ui_boxnode *node = node_of(r);
	const struct ck_archived_mailbox *m = ui_boxrow_mailbox(r);
	bool sum = !m || has_below(r);
	bool gone = sum ? node->left_out == node->boxes : m->left_out_by != NULL;
	enum ck_grade grade = sum ? (enum ck_grade)node->grade : m->grade;
	buf[0] = '\0';
	ret->text = buf;
	ret->role = gone ? UI_ROLE_DIM : UI_ROLE_NORMAL;
	switch (column) {
	case UI_BOX_TICK:
		tick_value(r, ret);
		break;
	case UI_BOX_NAME:
		ret->text = r->flat && m ? m->name : ui_boxtree_label(&r->opened->boxes, r->node);
		ret->flags = UI_NAME | UI_CUT_MIDDLE;
		break;
	case UI_BOX_GRADE:
		snprintf(buf, size, "%c", gone ? '-' : ck_grade_letter(grade));
		ret->role = gone ? UI_ROLE_DIM : grade_role(grade);
		break;
	case UI_BOX_MESSAGES:
		snprintf(buf, size, "%s",
		         gone ? "left out" : ui_fmt_count(sum ? node->messages : m->messages).s);
		break;
	case UI_BOX_SIZE:
		if (!gone)
			snprintf(buf, size, "%s", ui_fmt_size(sum ? node->bytes : m->bytes).s);
		break;
	case UI_BOX_REMARKS:
		remarks_value(r, buf, size, ret);
		break;
	}
}

/* --- words ------------------------------------------------------------------------------ */

static const char *grade_words(enum ck_grade grade)
{
	static const char *const words[] = {
		[CK_GRADE_A] = "at rest, index and every message agree",
		[CK_GRADE_B] = "a snapshot that agrees with itself",
		[CK_GRADE_C] = "readable, but index and files differ; reconstruct mends it",
		[CK_GRADE_D] = "copied while it was in use",
		[CK_GRADE_F] = "unreadable",
	};
	return grade < CK_GRADE_MAX_ ? words[grade] : "";
}

static void explain_rights(const char *acl, struct ck_buf *ret)
{
	struct ck_acl_entry e;
	while (ck_acl_next(&acl, &e)) {
		(void)ck_buf_adds(ret, "rights ");
		(void)ck_buf_add(ret, e.id, e.id_len);
		(void)ck_buf_addc(ret, ' ');
		(void)ck_buf_add(ret, e.rights, e.rights_len);
		(void)ck_buf_addc(ret, '\n');
	}
}

static void explain_mailbox(const struct ck_archived_mailbox *m, int64_t now, struct ck_buf *ret)
{
	(void)ck_buf_addf(ret, "%s, %s\n", ui_fmt_things(m->messages, "message").s,
	                  ui_fmt_size(m->bytes).s);
	if (m->messages_left_out)
		(void)ck_buf_addf(ret, "%s more were left out by rules of size and age\n",
		                  ui_fmt_count(m->messages_left_out).s);
	(void)ck_buf_addf(ret, "grade %c: %s\n", ck_grade_letter(m->grade), grade_words(m->grade));
	(void)ck_buf_addf(ret, "partition %s\nuidvalidity %u\n", m->partition, m->uidvalidity);
	if (*m->special)
		(void)ck_buf_addf(ret, "special use %s\n", m->special);
	if (m->flags & CK_MBOX_DELAYED) {
		int64_t when = deleted_at(m);
		(void)ck_buf_addf(ret, "was deleted%s%s, and kept by delayed deletion\n",
		                  when ? " on " : " already", when ? ui_fmt_date(when, now).s : "");
	}
	if (m->flags & CK_MBOX_DAV)
		(void)ck_buf_adds(ret, "no mail: a calendar or address book\n");
	(void)ck_buf_addf(ret, "\nas stored %s\nid %s\n", m->intname, m->uniqueid);
	explain_rights(m->acl, ret);
}

void ui_boxrow_explain(const struct ui_boxrow *r, struct ck_buf *ret)
{
	const struct ui_boxnode *node = node_of(r);
	const struct ck_archived_mailbox *m = ui_boxrow_mailbox(r);
	(void)ck_buf_addf(ret, "%s\n\n",
	                  m ? m->name : ui_boxtree_label(&r->opened->boxes, r->node));
	if (m && m->left_out_by) {
		(void)ck_buf_addf(ret, "Not in archive %u: left out by the rule %s\n",
		                  r->opened->info->number, m->left_out_by);
	} else if (m) {
		explain_mailbox(m, r->opened->info->started, ret);
	} else {
		(void)ck_buf_addf(ret, "%s, %s, %s\n", ui_fmt_things(node->boxes, "mailbox").s,
		                  ui_fmt_things(node->messages, "message").s,
		                  ui_fmt_size(node->bytes).s);
		if (node->left_out)
			(void)ck_buf_addf(ret, "%u of them not in the archive\n", node->left_out);
	}
}

void ui_boxrow_explain_rules(const struct ui_opened *o, struct ck_buf *ret)
{
	(void)ck_buf_addf(ret, "\nArchive %u took", o->info->number);
	for (size_t i = 0; i < o->plan->select.n; i++)
		(void)ck_buf_addf(ret, " %s", o->plan->select.items[i]);
	(void)ck_buf_adds(ret, o->plan->select.n ? "\n" : " everything\n");
	for (size_t i = 0; i < o->plan->exclude.n; i++)
		(void)ck_buf_addf(ret, "rule %zu left out %s\n", i + 1, o->plan->exclude.items[i]);
	ui_rules_defaults(o->plan, ret);
}

void ui_boxrow_hint(const struct ui_boxrow *r, struct ck_buf *ret)
{
	const struct ck_archived_mailbox *m = ui_boxrow_mailbox(r);
	uint32_t boxes = node_of(r)->boxes;
	if (m && m->left_out_by)
		(void)ck_buf_addf(ret, "Not in archive %u: left out by the rule %s",
		                  r->opened->info->number, m->left_out_by);
	else if (m && m->grade >= CK_GRADE_C)
		(void)ck_buf_addf(ret, "Grade %c: %s", ck_grade_letter(m->grade),
		                  grade_words(m->grade));
	else if (m && has_below(r))
		(void)ck_buf_addf(ret,
		                  "Enter lists its messages; Space and F6 take it with the "
		                  "%u below.",
		                  boxes - 1);
	else if (m)
		(void)ck_buf_adds(ret, "Enter lists the messages, Space puts it into the basket, "
		                       "F6 restores.");
	else
		(void)ck_buf_addf(ret, "%s. Enter shows %s, F6 restores %s.",
		                  ui_fmt_things(boxes, "mailbox").s, boxes == 1 ? "it" : "them",
		                  boxes == 1 ? "it" : "all of them");
}
