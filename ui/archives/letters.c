/* SPDX-License-Identifier: BSD-2-Clause */
#include "archives/letters.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "words/fmt.h"

/** Kept apart, and small: a basket of all messages is counted by going through these. */
struct ui_letter_uid {
	uint32_t number; /**< The uid less one, as in the basket. */
	bool ok;         /**< Can be put back. */
	uint64_t before; /**< Bytes of all messages before it. */
};

void ui_letters_free(void *letters)
{
	struct ui_letters *l = letters;
	if (!l)
		return;
	ck_archived_messages_free(l->list, l->n);
	free(l->items);
	free(l->texts);
	free(l->uids);
	free(l);
}

static int newer_first(const void *a, const void *b)
{
	const struct ck_archived_message *x = ((const struct ui_letter *)a)->m;
	const struct ck_archived_message *y = ((const struct ui_letter *)b)->m;
	if (x->internaldate != y->internaldate)
		return x->internaldate < y->internaldate ? 1 : -1;
	return (x->uid < y->uid) - (x->uid > y->uid);
}

/** The text of each for `/`, one behind the other. */
static int make_texts(struct ui_letters *l)
{
	struct ck_buf texts = CK_BUF_INIT;
	size_t at = 0;
	for (size_t i = 0; i < l->n && !texts.failed; i++) {
		const struct ck_archived_message *m = &l->list[i];
		(void)ck_buf_addf(&texts, "%s\n%s\n%s\n%u", m->subject, m->from, m->to, m->uid);
		(void)ck_buf_addc(&texts, '\0');
	}
	l->texts = ck_buf_take(&texts);
	if (l->n && !l->texts)
		return CK_ENOMEM;
	for (size_t i = 0; i < l->n; i++) {
		l->items[i] = (struct ui_letter){&l->list[i], l->texts + at};
		at += strlen(l->items[i].text) + 1;
	}
	return CK_OK;
}

int ui_letters_arrange(struct ui_letters *l)
{
	l->items = ck_alloc(l->n + 1, sizeof *l->items);
	l->uids = ck_alloc(l->n + 1, sizeof *l->uids);
	if (!l->items || !l->uids || make_texts(l) < 0)
		return CK_ENOMEM;
	for (size_t i = 0; i < l->n; i++) {
		const struct ck_archived_message *m = &l->list[i];
		l->uids[i].number = m->uid - 1;
		l->uids[i].ok = m->uid > 0 && !ui_letter_lack(m);
		l->uids[i + 1].before = l->uids[i].before + m->size;
	}
	qsort(l->items, l->n, sizeof *l->items, newer_first);
	return CK_OK;
}

int ui_letters_read(struct ui_opened *o, size_t mailbox, struct ui_letters **ret,
                    struct ck_err *err)
{
	struct ui_letters *l = ck_alloc(1, sizeof *l);
	if (!l)
		return ck_err_nomem(err);
	l->mailbox = mailbox;
	pthread_mutex_lock(&o->lock);
	int r = ck_archive_messages(o->archive, o->mailboxes[mailbox].name, &l->list, &l->n, err);
	pthread_mutex_unlock(&o->lock);
	if (r >= 0 && ui_letters_arrange(l) < 0)
		r = ck_err_nomem(err);
	if (r < 0) {
		ui_letters_free(l);
		return r;
	}
	*ret = l;
	return CK_OK;
}

/* --- the basket ----------------------------------------------------------------------- */

/** From @at on, the first message whose number is not below @number: mostly it is near. */
static size_t place_of(const struct ui_letters *l, size_t at, uint32_t number)
{
	size_t step = 1, lo = at, hi = at;
	while (hi < l->n && l->uids[hi].number < number) {
		lo = hi + 1;
		hi += step;
		step *= 2;
	}
	hi = hi < l->n ? hi : l->n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (l->uids[mid].number < number)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/** Bytes of the messages @uids, all of which exist. */
static uint64_t bytes_of(const struct ui_letters *l, const struct ck_runs *uids)
{
	uint64_t bytes = 0;
	size_t at = 0;
	for (size_t i = 0; i < uids->n; i += 2) {
		size_t first = place_of(l, at, uids->edges[i]);
		at = place_of(l, first, uids->edges[i + 1]);
		bytes += l->uids[at].before - l->uids[first].before;
	}
	return bytes;
}

static bool turn(const struct ui_letters *l, struct ui_opened *o, const struct ck_runs *uids)
{
	CK_CLEANUP(ck_runs_fini) struct ck_runs now = {0};
	if (ck_runs_join(&o->basket.uids, uids, CK_RUNS_EITHER, &now) < 0)
		return true; /* without memory the basket stays as it is */
	uint64_t bytes = bytes_of(l, &now);
	return ui_basket_set_messages(o, l->mailbox, &now, bytes);
}

bool ui_letters_turn(const struct ui_letters *l, struct ui_opened *o, size_t row)
{
	const struct ui_letter_uid *u = &l->uids[l->items[row].m - l->list];
	uint32_t edges[] = {u->number, u->number + 1};
	const struct ck_runs one = {.edges = edges, .n = 2};
	return !u->ok || turn(l, o, &one);
}

bool ui_letters_turn_shown(const struct ui_letters *l, struct ui_opened *o,
                           const struct ui_list *list)
{
	CK_CLEANUP(ck_runs_fini) struct ck_runs uids = {0};
	CK_FREE uint8_t *shown = ck_alloc(l->n + 1, sizeof *shown);
	for (size_t i = 0; shown && i < list->nshown; i++)
		shown[l->items[ui_list_shown(list, i)].m - l->list] = 1;
	for (size_t i = 0; shown && i < l->n; i++)
		if (shown[i] && l->uids[i].ok && ck_runs_add(&uids, l->uids[i].number) < 0)
			return true;
	return turn(l, o, &uids);
}

/* --- words ---------------------------------------------------------------------------- */

const char *ui_letter_sender(const struct ck_archived_message *m, char *buf, size_t size)
{
	const char *from = m->from;
	const char *address = strrchr(from, '<');
	if (!address || address == from || (size_t)(address - from) >= size)
		return *from ? from : "(no sender)";
	snprintf(buf, size, "%.*s", (int)(address - from), from);
	return buf;
}

static bool has_flag(const char *flags, const char *flag)
{
	size_t len = strlen(flag);
	for (const char *p = flags; (p = strcasestr(p, flag)) != NULL; p += len)
		if ((p == flags || p[-1] == ' ') && (p[len] == ' ' || !p[len]))
			return true;
	return false;
}

const char *ui_letter_cell(const struct ck_archived_message *m, enum ui_letter_part part,
                           int64_t now, char *buf, size_t size)
{
	switch (part) {
	case UI_LETTER_DATE:
		(void)snprintf(buf, size, "%s", ui_fmt_date(m->internaldate, now).s);
		break;
	case UI_LETTER_FROM:
		return ui_letter_sender(m, buf, size);
	case UI_LETTER_SUBJECT:
		return *m->subject ? m->subject : "(no subject)";
	case UI_LETTER_SIZE:
		(void)snprintf(buf, size, "%s", ui_fmt_size(m->size).s);
		break;
	case UI_LETTER_UID:
		(void)snprintf(buf, size, "%" PRIu32, m->uid);
		break;
	}
	return buf;
}

void ui_letter_sort(const struct ck_archived_message *m, enum ui_letter_part part,
                    struct ui_sort *ret)
{
	switch (part) {
	case UI_LETTER_DATE:
		ret->number = ui_sort_signed(m->internaldate);
		break;
	case UI_LETTER_FROM:
		ret->text = m->from;
		break;
	case UI_LETTER_SUBJECT:
		ret->text = m->subject;
		break;
	case UI_LETTER_SIZE:
		ret->number = m->size;
		break;
	case UI_LETTER_UID:
		ret->number = m->uid;
		break;
	}
}

void ui_letter_flags(const struct ck_archived_message *m, char ret[5])
{
	size_t n = 0;
	if (!has_flag(m->flags, "\\Seen"))
		ret[n++] = 'N';
	if (has_flag(m->flags, "\\Flagged"))
		ret[n++] = 'F';
	if (has_flag(m->flags, "\\Answered"))
		ret[n++] = 'A';
	if (m->expunged)
		ret[n++] = 'x';
	else if (has_flag(m->flags, "\\Deleted"))
		ret[n++] = 'D';
	ret[n] = '\0';
}

const char *ui_letter_lack(const struct ck_archived_message *m)
{
	if (!m->stored)
		return "Not in the archive: left out by a rule, or its file was missing";
	if (m->expunged)
		return "Was expunged already; it can be read and written to a file, not restored";
	return NULL;
}
