/* SPDX-License-Identifier: BSD-2-Clause */
#include "opened.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cyrkeep/server.h>

#include "fmt.h"

static int name_it(struct ui_opened *o, const struct ck_settings *settings, struct ck_err *err)
{
	CK_FREE char *number = NULL, *path = NULL;
	if (asprintf(&number, "%u", o->info->number) < 0) {
		number = NULL;
		return ck_err_nomem(err);
	}
	bool alone = ck_archive_find(settings, number, &path, NULL) == 0 &&
	             strcmp(path, o->info->path) == 0;
	o->name = strdup(alone ? number : o->info->path);
	return o->name ? 0 : ck_err_nomem(err);
}

int ui_opened_open(const struct ck_settings *settings, const char *which, struct ui_opened **ret,
                   struct ck_err *err)
{
	struct ui_opened *o = ck_alloc(1, sizeof *o);
	if (!o)
		return ck_err_nomem(err);
	o->refs = 1;
	pthread_mutex_init(&o->lock, NULL);
	int r = ck_archive_open(settings, which, &o->archive, err);
	if (r == 0)
		r = ck_archive_mailboxes(o->archive, &o->mailboxes, &o->n, err);
	if (r == 0 && !(o->basket.whole = ck_alloc(o->n + 1, 1)))
		r = ck_err_nomem(err);
	if (r == 0) {
		o->info = ck_archive_info(o->archive);
		r = name_it(o, settings, err);
	}
	if (r < 0) {
		ui_opened_unref(o);
		return r;
	}
	o->plan = ck_archive_plan(o->archive);
	o->separator = ck_archive_separator(o->archive);
	for (size_t i = 0; i < o->n; i++)
		o->nleft_out += o->mailboxes[i].left_out_by != NULL;
	*ret = o;
	return CK_OK;
}

struct ui_opened *ui_opened_ref(struct ui_opened *o)
{
	if (o)
		o->refs++;
	return o;
}

void ui_opened_unref(struct ui_opened *o)
{
	if (!o || --o->refs > 0)
		return;
	ck_archived_mailboxes_free(o->mailboxes, o->n);
	ck_archive_close(o->archive);
	pthread_mutex_destroy(&o->lock);
	free(o->name);
	free(o->basket.whole);
	free(o->basket.uids);
	free(o->before.whole);
	free(o->before.uids);
	free(o);
}

bool ui_opened_is_kept(const struct ui_opened *o, size_t mailbox)
{
	const struct ck_archived_mailbox *m = &o->mailboxes[mailbox];
	return !m->left_out_by && !(m->flags & (CK_MBOX_INTERMEDIATE | CK_MBOX_DAV));
}

/* --- the basket ----------------------------------------------------------------------- */

bool ui_basket_is_empty(const struct ui_opened *o)
{
	return !o->basket.nwhole && !o->basket.nuids;
}

void ui_basket_clear(struct ui_opened *o)
{
	struct ui_basket *b = &o->basket;
	memset(b->whole, 0, o->n);
	b->nwhole = b->nuids = 0;
	b->messages = b->bytes = 0;
}

void ui_basket_remember(struct ui_opened *o)
{
	const struct ui_basket *b = &o->basket;
	struct ui_basket copy = *b;
	o->remembered = false;
	copy.whole = o->before.whole ? o->before.whole : ck_alloc(o->n + 1, 1);
	copy.cap = b->nuids;
	copy.uids = reallocarray(o->before.uids, b->nuids + 1, sizeof *copy.uids);
	if (!copy.uids)
		copy.uids = o->before.uids;
	else if (copy.whole)
		o->remembered = true;
	if (o->remembered) {
		memcpy(copy.whole, b->whole, o->n);
		if (b->nuids)
			memcpy(copy.uids, b->uids, b->nuids * sizeof *copy.uids);
	}
	o->before = copy;
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
	return o->basket.whole[mailbox];
}

bool ui_basket_set_mailbox(struct ui_opened *o, size_t mailbox, bool on)
{
	struct ui_basket *b = &o->basket;
	const struct ck_archived_mailbox *m = &o->mailboxes[mailbox];
	if (b->nuids && on)
		return false;
	if (!ui_opened_is_kept(o, mailbox) || b->whole[mailbox] == on)
		return true;
	b->whole[mailbox] = on;
	if (on) {
		b->nwhole++;
		b->messages += m->messages;
		b->bytes += m->bytes;
	} else {
		b->nwhole--;
		b->messages -= m->messages;
		b->bytes -= m->bytes;
	}
	return true;
}

/** Where @uid is or belongs. */
static size_t uid_place(const struct ui_basket *b, uint32_t uid)
{
	size_t lo = 0, hi = b->nuids;
	if (hi && b->uids[hi - 1] < uid)
		return hi;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (b->uids[mid] < uid)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

bool ui_basket_has_message(const struct ui_opened *o, size_t mailbox, uint32_t uid)
{
	const struct ui_basket *b = &o->basket;
	if (!b->nuids || b->mailbox != mailbox)
		return b->whole[mailbox];
	size_t at = uid_place(b, uid);
	return at < b->nuids && b->uids[at] == uid;
}

static bool make_room(struct ui_basket *b)
{
	if (b->nuids < b->cap)
		return true;
	size_t cap = b->cap ? b->cap * 2 : 64;
	uint32_t *more = reallocarray(b->uids, cap, sizeof *more);
	if (!more)
		return false;
	b->uids = more;
	b->cap = cap;
	return true;
}

bool ui_basket_set_message(struct ui_opened *o, size_t mailbox, uint32_t uid, uint64_t size,
                           bool on)
{
	struct ui_basket *b = &o->basket;
	if (b->nwhole || (b->nuids && b->mailbox != mailbox))
		return false;
	size_t at = uid_place(b, uid);
	bool is = at < b->nuids && b->uids[at] == uid;
	if (is == on)
		return true;
	if (!on) {
		memmove(b->uids + at, b->uids + at + 1, (--b->nuids - at) * sizeof *b->uids);
		b->messages--;
		b->bytes -= size;
		return true;
	}
	if (!make_room(b))
		return false;
	memmove(b->uids + at + 1, b->uids + at, (b->nuids - at) * sizeof *b->uids);
	b->uids[at] = uid;
	b->nuids++;
	b->mailbox = mailbox;
	b->messages++;
	b->bytes += size;
	return true;
}

void ui_basket_words(const struct ui_opened *o, struct ck_buf *ret)
{
	const struct ui_basket *b = &o->basket;
	if (ui_basket_is_empty(o))
		return;
	(void)ck_buf_adds(ret, "basket: ");
	if (b->nwhole)
		(void)ck_buf_addf(ret, "%s mailbox%s, ", ui_fmt_count(b->nwhole).s,
		                  b->nwhole == 1 ? "" : "es");
	(void)ck_buf_addf(ret, "%s message%s, %s", ui_fmt_count(b->messages).s,
	                  b->messages == 1 ? "" : "s", ui_fmt_size(b->bytes).s);
}

void ui_basket_what(const struct ui_opened *o, struct ck_buf *ret)
{
	const struct ui_basket *b = &o->basket;
	size_t first = b->mailbox;
	for (size_t i = 0; b->nwhole && i < o->n; i++)
		if (b->whole[i]) {
			first = i;
			break;
		}
	(void)ck_buf_addf(ret, "%s message%s", ui_fmt_count(b->messages).s,
	                  b->messages == 1 ? "" : "s");
	if (b->nwhole > 1)
		(void)ck_buf_addf(ret, " of %s", ui_fmt_things(b->nwhole, "mailbox").s);
	else if (!ui_basket_is_empty(o))
		(void)ck_buf_addf(ret, " of %s", o->mailboxes[first].name);
	(void)ck_buf_addf(ret, ", %s", ui_fmt_size(b->bytes).s);
}

/* --- what the basket asks for ---------------------------------------------------------- */

void ui_pattern_of_name(const char *name, struct ck_buf *ret)
{
	for (; *name; name++) {
		if (strchr("*%,\\", *name))
			(void)ck_buf_addc(ret, '\\');
		(void)ck_buf_addc(ret, *name);
	}
}

/** Does "*" say the same as the basket? It does not mean mailboxes that were deleted already. */
static bool is_all(const struct ui_opened *o)
{
	for (size_t i = 0; i < o->n; i++) {
		bool meant = ui_opened_is_kept(o, i) && !(o->mailboxes[i].flags & CK_MBOX_DELAYED);
		if (o->basket.whole[i] != meant)
			return false;
	}
	return true;
}

/** The first mailbox at or behind @from whose name is not less than @prefix. */
static size_t name_place(const struct ui_opened *o, size_t from, const char *prefix)
{
	size_t lo = from, hi = o->n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (strcmp(o->mailboxes[mid].name, prefix) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/**
 * When everything below the mailbox is in the basket too: mark it as covered and append the
 * pattern that means it.
 */
static int cover_below(const struct ui_opened *o, size_t mailbox, uint8_t *covered,
                       struct ck_strv *ret)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf prefix = CK_BUF_INIT, pattern = CK_BUF_INIT;
	(void)ck_buf_addf(&prefix, "%s%c", o->mailboxes[mailbox].name, o->separator);
	if (prefix.failed)
		return CK_ENOMEM;
	size_t first = name_place(o, mailbox, prefix.data), end = first, n = 0;
	for (; end < o->n && strncmp(o->mailboxes[end].name, prefix.data, prefix.len) == 0; end++) {
		if (!o->basket.whole[end] && ui_opened_is_kept(o, end))
			return CK_OK;
		n += o->basket.whole[end];
	}
	if (n < 2)
		return CK_OK; /* a name says it as well */
	memset(covered + first, 1, end - first);
	ui_pattern_of_name(prefix.data, &pattern);
	(void)ck_buf_addc(&pattern, '*');
	return ck_strv_addm(ret, ck_buf_take(&pattern));
}

static int add_name(const struct ui_opened *o, size_t mailbox, struct ck_strv *ret)
{
	struct ck_buf pattern = CK_BUF_INIT;
	ui_pattern_of_name(o->mailboxes[mailbox].name, &pattern);
	return ck_strv_addm(ret, ck_buf_take(&pattern));
}

static int add_patterns(const struct ui_opened *o, struct ck_strv *ret)
{
	const struct ui_basket *b = &o->basket;
	if (!b->nwhole)
		return add_name(o, b->mailbox, ret);
	if (b->nwhole > 1 && is_all(o))
		return ck_strv_add(ret, "*");
	CK_FREE uint8_t *covered = ck_alloc(o->n, 1);
	if (!covered)
		return CK_ENOMEM;
	for (size_t i = 0; i < o->n; i++)
		if (b->whole[i] && !covered[i] &&
		    (add_name(o, i, ret) < 0 || cover_below(o, i, covered, ret) < 0))
			return CK_ENOMEM;
	return CK_OK;
}

/** "3:5,9" */
static void add_uids(const struct ui_basket *b, struct ck_buf *ret)
{
	for (size_t i = 0, end; i < b->nuids; i = end) {
		for (end = i + 1; end < b->nuids && b->uids[end] == b->uids[end - 1] + 1;)
			end++;
		(void)ck_buf_addf(ret, "%s%u", i ? "," : "", b->uids[i]);
		if (end - i > 1)
			(void)ck_buf_addf(ret, ":%u", b->uids[end - 1]);
	}
}

int ui_basket_request(const struct ui_opened *o, struct ck_restore_request *ret)
{
	struct ck_buf text = CK_BUF_INIT;
	ret->archive = strdup(o->name);
	if (o->basket.nuids) {
		add_uids(&o->basket, &text);
		ret->uids = ck_buf_take(&text);
	}
	if (!ret->archive || (o->basket.nuids && !ret->uids) ||
	    add_patterns(o, &ret->patterns) < 0) {
		ck_restore_request_fini(ret);
		return CK_ENOMEM;
	}
	return CK_OK;
}

void ui_restore_command(const struct ck_settings *settings, const struct ck_restore_request *r,
                        struct ck_buf *ret)
{
	ck_settings_command(settings, ret);
	(void)ck_buf_adds(ret, " restore ");
	(void)ck_buf_add_word(ret, r->archive);
	for (size_t i = 0; i < r->patterns.n; i++) {
		(void)ck_buf_addc(ret, ' ');
		(void)ck_buf_add_word(ret, r->patterns.items[i]);
	}
	if (r->uids) {
		(void)ck_buf_adds(ret, " --uid ");
		(void)ck_buf_add_word(ret, r->uids);
	}
	if (r->to) {
		(void)ck_buf_adds(ret, " --to ");
		(void)ck_buf_add_word(ret, r->to);
	}
	if (r->via == CK_VIA_IMAP)
		(void)ck_buf_adds(ret, " --via imap");
}
