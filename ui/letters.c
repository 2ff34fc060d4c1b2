/* SPDX-License-Identifier: BSD-2-Clause */
#include "letters.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void ui_letters_free(struct ui_letter *letters, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(letters[i].m.flags);
		free(letters[i].m.from);
		free(letters[i].m.to);
		free(letters[i].m.subject);
		free(letters[i].text);
	}
	free(letters);
}

static int newer_first(const void *a, const void *b)
{
	const struct ck_archived_message *x = &((const struct ui_letter *)a)->m;
	const struct ck_archived_message *y = &((const struct ui_letter *)b)->m;
	if (x->internaldate != y->internaldate)
		return x->internaldate < y->internaldate ? 1 : -1;
	return (x->uid < y->uid) - (x->uid > y->uid);
}

/** Take the messages over, with a text for `/` each. @return 0 or CK_ENOMEM. */
static int take(struct ck_archived_message *m, struct ui_letter *ret)
{
	ret->m = *m;
	m->flags = m->from = m->to = m->subject = NULL;
	if (asprintf(&ret->text, "%s\n%s\n%s\n%u", ret->m.subject, ret->m.from, ret->m.to,
	             ret->m.uid) >= 0)
		return CK_OK;
	ret->text = NULL;
	return CK_ENOMEM;
}

int ui_letters_read(struct ui_opened *o, size_t mailbox, struct ui_letter **ret, size_t *ret_n,
                    struct ck_err *err)
{
	struct ck_archived_message *list = NULL;
	size_t n = 0;
	pthread_mutex_lock(&o->lock);
	int r = ck_archive_messages(o->archive, o->mailboxes[mailbox].name, &list, &n, err);
	pthread_mutex_unlock(&o->lock);
	if (r < 0)
		return r;
	struct ui_letter *letters = ck_alloc(n + 1, sizeof *letters);
	for (size_t i = 0; letters && r == 0 && i < n; i++)
		r = take(&list[i], &letters[i]);
	ck_archived_messages_free(list, n);
	if (!letters || r < 0) {
		ui_letters_free(letters, letters ? n : 0);
		return ck_err_nomem(err);
	}
	qsort(letters, n, sizeof *letters, newer_first);
	*ret = letters;
	*ret_n = n;
	return CK_OK;
}

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
