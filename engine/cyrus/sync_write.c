/* SPDX-License-Identifier: BSD-2-Clause */
#include "cyrus/sync.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "cyrus/dlist.h"

void sync_options(uint32_t options, char ret[8])
{
	static const struct {
		uint32_t bit;
		char letter;
	} letters[] = {{1u << 0, 'P'}, {1u << 2, 'S'}, {1u << 3, 'D'}, {1u << 4, 'A'}};
	size_t n = 0;
	for (size_t i = 0; i < CK_COUNT(letters); i++)
		if (options & letters[i].bit)
			ret[n++] = letters[i].letter;
	ret[n] = '\0';
}

int sync_put_message(struct ck_buf *upload, const char *partition, const uint8_t guid[GUID_SIZE],
                     const char *data, size_t len)
{
	char hex[2 * GUID_SIZE + 1];
	hex_encode(guid, GUID_SIZE, hex);
	ck_buf_adds(upload, upload->len ? " " : "SYNCAPPLY MESSAGE (");
	ck_buf_addf(upload, "%%{%s %s %zu}\r\n", partition, hex, len);
	ck_buf_add(upload, data, len);
	return upload->failed ? CK_ENOMEM : 0;
}

static void put_text(struct ck_buf *buf, const char *key, const char *text, size_t len)
{
	ck_buf_addc(buf, ' ');
	ck_buf_adds(buf, key);
	ck_buf_addc(buf, ' ');
	if (dlist_put(buf, text, len) < 0)
		buf->failed = true;
}

static void put_number(struct ck_buf *buf, const char *key, uint64_t number)
{
	ck_buf_addf(buf, " %s %" PRIu64, key, number);
}

/** A record annotation without MODSEQ is refused, so every one carries it. */
static void put_annotations(struct ck_buf *buf, const struct annotation *a, size_t n)
{
	if (n == 0)
		return;
	ck_buf_adds(buf, " ANNOTATIONS (");
	for (size_t i = 0; i < n; i++) {
		ck_buf_adds(buf, i ? " %(ENTRY " : "%(ENTRY ");
		if (dlist_put(buf, a[i].entry, strlen(a[i].entry)) < 0)
			buf->failed = true;
		put_text(buf, "USERID", a[i].user, strlen(a[i].user));
		put_number(buf, "MODSEQ", a[i].modseq);
		put_text(buf, "VALUE", a[i].value, a[i].value_len);
		ck_buf_addc(buf, ')');
	}
	ck_buf_addc(buf, ')');
}

bool sync_flag_is_bare(const char *flag, size_t len)
{
	bool bare = len > 0;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)flag[i];
		bare = bare && c > ' ' && c < 0x7f && !strchr("(){}\"%*", c) &&
		       (c != '\\' || (i == 0 && len > 1));
	}
	return bare;
}

/** Flags stand bare in the protocol; one that could not is left out. */
static void put_flags(struct ck_buf *buf, const char *flags)
{
	bool first = true;
	ck_buf_adds(buf, " FLAGS (");
	for (const char *p = flags; *p;) {
		size_t len = strcspn(p, " ");
		if (sync_flag_is_bare(p, len)) {
			if (!first)
				ck_buf_addc(buf, ' ');
			ck_buf_add(buf, p, len);
			first = false;
		}
		p += len;
		p += *p == ' ';
	}
	ck_buf_addc(buf, ')');
}

int sync_put_record(struct ck_buf *records, const struct sync_record *r)
{
	char hex[2 * GUID_SIZE + 1];
	hex_encode(r->guid, GUID_SIZE, hex);
	ck_buf_addf(records, "%s%%(UID %" PRIu32 " MODSEQ %" PRIu64 " LAST_UPDATED %" PRIu64,
	            records->len ? " " : "", r->uid, r->modseq,
	            r->last_updated > 0 ? (uint64_t)r->last_updated : 0);
	put_flags(records, r->flags);
	put_number(records, "INTERNALDATE", r->internaldate > 0 ? (uint64_t)r->internaldate : 0);
	put_number(records, "SIZE", r->size);
	ck_buf_addf(records, " GUID %s", hex);
	put_annotations(records, r->annotations, r->nannotations);
	ck_buf_addc(records, ')');
	return records->failed ? CK_ENOMEM : 0;
}

/** Send what was collected in @cmd. */
static int send_all(struct imap *c, const struct ck_buf *cmd, struct ck_buf *answer,
                    struct ck_err *err)
{
	if (cmd->failed)
		return ck_err_nomem(err);
	return imap_command(c, cmd->data, cmd->len, NULL, NULL, answer, err);
}

int sync_upload(struct imap *c, struct ck_buf *upload, struct ck_err *err)
{
	if (upload->len == 0)
		return 0;
	ck_buf_addc(upload, ')');
	int r = send_all(c, upload, NULL, err);
	ck_buf_reset(upload);
	return r;
}

/** The fields that both ways of writing a mailbox share. */
static void put_identity(struct ck_buf *cmd, const struct sync_mailbox *m)
{
	put_text(cmd, "UNIQUEID", m->uniqueid, strlen(m->uniqueid));
	put_number(cmd, "UIDVALIDITY", m->uidvalidity);
	put_number(cmd, "HIGHESTMODSEQ", m->highestmodseq);
	put_number(cmd, "CREATEDMODSEQ", m->createdmodseq);
	put_number(cmd, "FOLDERMODSEQ", m->foldermodseq);
	put_text(cmd, "ACL", m->acl, strlen(m->acl));
	put_text(cmd, "OPTIONS", m->options, strlen(m->options));
	if (*m->mbtype)
		put_text(cmd, "MBOXTYPE", m->mbtype, strlen(m->mbtype));
}

static void put_records(struct ck_buf *cmd, const struct ck_buf *records)
{
	ck_buf_adds(cmd, " RECORD (");
	ck_buf_add(cmd, records->data, records->len);
	ck_buf_adds(cmd, "))");
}

static uint64_t positive(int64_t time)
{
	return time > 0 ? (uint64_t)time : 0;
}

int sync_create(struct imap *c, const struct sync_mailbox *m, const struct annotation *annotations,
                size_t nannotations, const struct ck_buf *records, struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf cmd = CK_BUF_INIT;
	CK_CLEANUP(ck_buf_fini) struct ck_buf answer = CK_BUF_INIT;
	ck_buf_adds(&cmd, "SYNCAPPLY MAILBOX %(SYNC_CRC 0");
	put_text(&cmd, "MBOXNAME", m->intname, strlen(m->intname));
	put_text(&cmd, "PARTITION", m->partition, strlen(m->partition));
	put_number(&cmd, "LAST_UID", m->last_uid);
	put_number(&cmd, "RECENTUID", m->recent_uid);
	put_number(&cmd, "RECENTTIME", positive(m->recent_time));
	put_number(&cmd, "LAST_APPENDDATE", positive(m->last_appenddate));
	put_number(&cmd, "POP3_LAST_LOGIN", positive(m->pop3_last_login));
	put_identity(&cmd, m);
	put_annotations(&cmd, annotations, nannotations);
	put_records(&cmd, records);
	int r = send_all(c, &cmd, &answer, err);
	if (r == CK_EFAIL && strstr(answer.data, "IMAP_MAILBOX_MOVED"))
		return ck_err_set(err, CK_EBUSY, "id '%s' is still known under another name",
		                  m->uniqueid);
	return r;
}

int sync_restore(struct imap *c, const struct sync_mailbox *m, bool identity,
                 const struct ck_buf *records, struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf cmd = CK_BUF_INIT;
	ck_buf_adds(&cmd, "SYNCRESTORE MAILBOX %(MBOXNAME ");
	if (dlist_put(&cmd, m->intname, strlen(m->intname)) < 0)
		return ck_err_nomem(err);
	put_text(&cmd, "PARTITION", m->partition, strlen(m->partition));
	if (identity)
		put_identity(&cmd, m);
	put_records(&cmd, records);
	return send_all(c, &cmd, NULL, err);
}

int sync_restart(struct imap *c, struct ck_err *err)
{
	return imap_commandf(c, NULL, NULL, err, "SYNCRESTART");
}

int sync_put_annotation(struct imap *c, const char *intname, const struct annotation *a,
                        struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf cmd = CK_BUF_INIT;
	ck_buf_adds(&cmd, "SYNCAPPLY ANNOTATION %(MBOXNAME ");
	if (dlist_put(&cmd, intname, strlen(intname)) < 0)
		return ck_err_nomem(err);
	put_text(&cmd, "ENTRY", a->entry, strlen(a->entry));
	put_text(&cmd, "USERID", a->user, strlen(a->user));
	put_text(&cmd, "VALUE", a->value, a->value_len);
	ck_buf_addc(&cmd, ')');
	return send_all(c, &cmd, NULL, err);
}

int sync_put_subscription(struct imap *c, const char *intname, const char *user, struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf cmd = CK_BUF_INIT;
	ck_buf_adds(&cmd, "SYNCAPPLY SUB %(MBOXNAME ");
	if (dlist_put(&cmd, intname, strlen(intname)) < 0)
		return ck_err_nomem(err);
	put_text(&cmd, "USERID", user, strlen(user));
	ck_buf_addc(&cmd, ')');
	return send_all(c, &cmd, NULL, err);
}

static void put_limit(struct ck_buf *cmd, const char *resource, int64_t limit)
{
	if (limit >= 0)
		put_number(cmd, resource, (uint64_t)limit);
}

int sync_put_quota(struct imap *c, const char *root, const struct quota *q, struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf cmd = CK_BUF_INIT;
	ck_buf_adds(&cmd, "SYNCAPPLY QUOTA %(ROOT ");
	if (dlist_put(&cmd, root, strlen(root)) < 0)
		return ck_err_nomem(err);
	put_limit(&cmd, "STORAGE", q->storage_limit_kib);
	put_limit(&cmd, "MESSAGE", q->messages_limit);
	put_limit(&cmd, "X-ANNOTATION-STORAGE", q->annotations_limit_kib);
	put_limit(&cmd, "X-NUM-FOLDERS", q->folders_limit);
	ck_buf_addc(&cmd, ')');
	return send_all(c, &cmd, NULL, err);
}
