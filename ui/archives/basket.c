/* SPDX-License-Identifier: BSD-2-Clause */
/** What shall be put back from an open archive, and the request that says it. */
#include <stdlib.h>
#include <string.h>

#include "archives/opened.h"
#include "words/fmt.h"

bool ui_basket_is_empty(const struct ui_opened *o)
{
	return !o->basket.whole.n && !o->basket.uids.n;
}

void ui_basket_clear(struct ui_opened *o)
{
	ck_runs_fini(&o->basket.whole);
	ck_runs_fini(&o->basket.uids);
	o->basket.messages = o->basket.bytes = 0;
}

void ui_basket_remember(struct ui_opened *o)
{
	struct ui_basket copy = o->basket;
	ck_runs_fini(&o->before.whole);
	ck_runs_fini(&o->before.uids);
	o->remembered = ck_runs_copy(&o->basket.whole, &copy.whole) == 0;
	if (o->remembered && ck_runs_copy(&o->basket.uids, &copy.uids) < 0) {
		ck_runs_fini(&copy.whole);
		o->remembered = false;
	}
	o->before = o->remembered ? copy : (struct ui_basket){0};
}

bool ui_basket_undo(struct ui_opened *o)
{
	const struct ui_basket now = o->basket;
	if (!o->remembered)
		return false;
	o->basket = o->before;
	o->before = now;
	return true;
}

bool ui_basket_has_mailbox(const struct ui_opened *o, size_t mailbox)
{
	return ck_runs_has(&o->basket.whole, ui_opened_place(o, mailbox));
}

void ui_basket_count(const struct ui_opened *o, uint32_t first, uint32_t end, uint64_t *ret_on,
                     uint64_t *ret_all)
{
	*ret_on = ck_runs_count_in(&o->basket.whole, first, end);
	*ret_all = o->sums[end].mailboxes - o->sums[first].mailboxes;
}

bool ui_basket_set(struct ui_opened *o, uint32_t first, uint32_t end, bool on)
{
	struct ui_basket *b = &o->basket;
	CK_CLEANUP(ck_runs_fini) struct ck_runs part = {0};
	if (b->uids.n)
		return !on;
	if ((on && ck_runs_part(&o->kept, first, end, &part) < 0) ||
	    ck_runs_replace(&b->whole, first, end, &part) < 0)
		return true; /* without memory it stays as it is */
	b->messages = b->bytes = 0;
	for (size_t i = 0; i < b->whole.n; i += 2) {
		const struct ck_sum *from = &o->sums[b->whole.edges[i]];
		const struct ck_sum *to = &o->sums[b->whole.edges[i + 1]];
		b->messages += to->messages - from->messages;
		b->bytes += to->bytes - from->bytes;
	}
	return true;
}

bool ui_basket_has_message(const struct ui_opened *o, size_t mailbox, uint32_t uid)
{
	const struct ui_basket *b = &o->basket;
	if (!b->uids.n || b->mailbox != mailbox)
		return ui_basket_has_mailbox(o, mailbox);
	return uid > 0 && ck_runs_has(&b->uids, uid - 1);
}

bool ui_basket_set_messages(struct ui_opened *o, size_t mailbox, struct ck_runs *uids,
                            uint64_t bytes)
{
	struct ui_basket *b = &o->basket;
	if (b->whole.n || (b->uids.n && b->mailbox != mailbox))
		return false;
	ck_runs_fini(&b->uids);
	b->uids = *uids;
	*uids = (struct ck_runs){0};
	b->mailbox = mailbox;
	b->messages = ck_runs_count(&b->uids);
	b->bytes = bytes;
	return true;
}

bool ui_basket_set_message(struct ui_opened *o, size_t mailbox, uint32_t uid, uint64_t bytes)
{
	CK_CLEANUP(ck_runs_fini) struct ck_runs one = {0};
	return uid > 0 && ck_runs_add(&one, uid - 1) == 0 &&
	       ui_basket_set_messages(o, mailbox, &one, bytes);
}

/* --- in words ------------------------------------------------------------------------- */

void ui_basket_words(const struct ui_opened *o, struct ck_buf *ret)
{
	const struct ui_basket *b = &o->basket;
	uint64_t whole = ck_runs_count(&b->whole);
	if (ui_basket_is_empty(o))
		return;
	(void)ck_buf_adds(ret, "basket: ");
	if (whole)
		(void)ck_buf_addf(ret, "%s, ", ui_fmt_things(whole, "mailbox").s);
	(void)ck_buf_addf(ret, "%s, %s", ui_fmt_things(b->messages, "message").s,
	                  ui_fmt_size(b->bytes).s);
}

static size_t mailbox_at(const struct ui_opened *o, uint32_t place)
{
	return o->boxes.nodes[o->boxes.node_at[place]].mailbox;
}

void ui_basket_what(const struct ui_opened *o, struct ck_buf *ret)
{
	const struct ui_basket *b = &o->basket;
	uint64_t whole = ck_runs_count(&b->whole);
	size_t only = whole ? mailbox_at(o, b->whole.edges[0]) : b->mailbox;
	(void)ck_buf_adds(ret, ui_fmt_things(b->messages, "message").s);
	if (whole > 1)
		(void)ck_buf_addf(ret, " of %s", ui_fmt_things(whole, "mailbox").s);
	else if (!ui_basket_is_empty(o))
		(void)ck_buf_addf(ret, " of %s", o->mailboxes[only].name);
	(void)ck_buf_addf(ret, ", %s", ui_fmt_size(b->bytes).s);
}

/* --- what it asks for ----------------------------------------------------------------- */

void ui_pattern_of_name(const char *name, struct ck_buf *ret)
{
	for (; *name; name++) {
		if (strchr("*%,\\", *name))
			(void)ck_buf_addc(ret, '\\');
		(void)ck_buf_addc(ret, *name);
	}
}

static int add_name(const struct ui_opened *o, size_t mailbox, struct ck_strv *ret)
{
	struct ck_buf pattern = CK_BUF_INIT;
	ui_pattern_of_name(o->mailboxes[mailbox].name, &pattern);
	return ck_strv_addm(ret, ck_buf_take(&pattern));
}

/** Behind the places of the mailboxes whose names begin with that of the mailbox at @node. */
static uint32_t end_below(const struct ui_opened *o, uint32_t node)
{
	const struct ui_boxnode *n = &o->boxes.nodes[node];
	const struct ui_boxnode *all = n->inbox ? &o->boxes.nodes[n->parent] : n;
	return all->first + all->boxes;
}

/**
 * When all below the mailbox at @node is in the basket: append the pattern that means it.
 * @return 1 when it is, 0, CK_ENOMEM.
 */
static int add_below(const struct ui_opened *o, uint32_t node, struct ck_strv *ret)
{
	const struct ui_boxnode *n = &o->boxes.nodes[node];
	const char *name = o->mailboxes[n->mailbox].name;
	size_t len = strlen(name);
	uint64_t on, all;
	ui_basket_count(o, n->first + 1, end_below(o, node), &on, &all);
	if (on < 2 || on < all)
		return 0; /* names say it as well, or better */
	const char *below = o->mailboxes[mailbox_at(o, n->first + 1)].name;
	if (strncmp(below, name, len) != 0 || below[len] != o->separator)
		return 0; /* a domain stands behind the name */
	struct ck_buf pattern = CK_BUF_INIT;
	ui_pattern_of_name(name, &pattern);
	(void)ck_buf_addf(&pattern, "%c*", o->separator);
	return ck_strv_addm(ret, ck_buf_take(&pattern)) < 0 ? CK_ENOMEM : 1;
}

static int add_patterns(const struct ui_opened *o, struct ck_strv *ret)
{
	const struct ck_runs *whole = &o->basket.whole;
	if (!whole->n)
		return add_name(o, o->basket.mailbox, ret);
	/* "*" does not mean mailboxes that were deleted already */
	if (ck_runs_count(whole) > 1 && ck_runs_are_same(whole, &o->usual))
		return ck_strv_add(ret, "*");
	for (uint32_t at = 0; (at = ck_runs_next(whole, at)) != CK_RUNS_NONE;) {
		uint32_t node = o->boxes.node_at[at];
		int r = add_name(o, o->boxes.nodes[node].mailbox, ret);
		r = r < 0 ? r : add_below(o, node, ret);
		if (r < 0)
			return CK_ENOMEM;
		at = r == 1 ? end_below(o, node) : at + 1;
	}
	return CK_OK;
}

/** "3:5,9" */
static void add_uids(const struct ck_runs *uids, struct ck_buf *ret)
{
	for (size_t i = 0; i < uids->n; i += 2) {
		uint32_t first = uids->edges[i] + 1, last = uids->edges[i + 1];
		(void)ck_buf_addf(ret, "%s%u", i ? "," : "", first);
		if (last > first)
			(void)ck_buf_addf(ret, ":%u", last);
	}
}

int ui_basket_request(const struct ui_opened *o, struct ck_restore_request *ret)
{
	struct ck_buf text = CK_BUF_INIT;
	ret->archive = strdup(o->name);
	if (o->basket.uids.n) {
		add_uids(&o->basket.uids, &text);
		ret->uids = ck_buf_take(&text);
	}
	if (!ret->archive || (o->basket.uids.n && !ret->uids) ||
	    add_patterns(o, &ret->patterns) < 0) {
		ck_restore_request_fini(ret);
		return CK_ENOMEM;
	}
	return CK_OK;
}
