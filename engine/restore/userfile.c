/* SPDX-License-Identifier: BSD-2-Clause */
#include "restore/userfile.h"

#include <string.h>

#include "archive/source.h"
#include "cyrus/db.h"
#include "cyrus/paths.h"
#include <cyrkeep/server.h>

/**
 * The settings that decided where the archived server kept such files. Shares its strings with
 * r->conf; archives that do not tell are taken for this server's.
 */
static int origin(struct restore *r, struct conf *ret, struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf hash = CK_BUF_INIT, version = CK_BUF_INIT;
	*ret = *r->conf;
	int n = archive_option(r->archive, "fulldirhash", &hash);
	int m = archive_cyrus_version(r->archive, &version);
	if (n == CK_ENOMEM || m == CK_ENOMEM)
		return ck_err_nomem(err);
	if (n == 0)
		ret->fulldirhash = strcmp(hash.data, "yes") == 0;
	if (m == 0)
		ret->before_3 = strncmp(version.data, "2.", 2) == 0;
	return 0;
}

int userfile_read(struct restore *r, const struct restore_item *item, const char *suffix,
                  struct ck_buf *ret, struct ck_err *err)
{
	struct conf conf;
	const struct ck_server server = {.conf = &conf};
	struct ck_mailbox inbox = {.intname = item->source->intname,
	                           .uniqueid = item->source->uniqueid,
	                           .flags = item->source->flags};
	int n = origin(r, &conf, err);
	if (n < 0)
		return n;
	n = CK_ENOTFOUND;
	for (int i = 0; i < 2 && n == CK_ENOTFOUND; i++, inbox.flags ^= CK_MBOX_LEGACY_DIR) {
		CK_CLEANUP(ck_buf_fini) struct ck_buf path = CK_BUF_INIT;
		n = user_file(&server, &inbox, suffix, &path);
		if (n < 0)
			return ck_err_set(err, n, "'%s' has no place for its owner's files",
			                  item->shown);
		n = archive_config_file(r->archive, restore_below_config(r, path.data), ret, err);
	}
	return n;
}

/** The record of @key in a database in memory. */
static int find_record(const struct ck_buf *bytes, const char *key, struct ck_buf *ret,
                       struct ck_err *err)
{
	CK_CLEANUP(db_closep) struct db *db = NULL;
	struct db_record record;
	size_t len = strlen(key);
	int n = db_open_memory("quotas.db", (const uint8_t *)bytes->data, bytes->len, &db, err);
	if (n < 0)
		return n;
	while ((n = db_next(db, &record, err)) > 0) {
		if (record.key_len == len && memcmp(record.key, key, len) == 0)
			return ck_buf_add(ret, record.value, record.value_len) < 0
			               ? ck_err_nomem(err)
			               : 0;
	}
	return n < 0 ? n : ck_err_set(err, CK_ENOTFOUND, "the archive has no quota of '%s'", key);
}

int userfile_quota(struct restore *r, const char *intname, struct ck_buf *ret, struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf path = CK_BUF_INIT, bytes = CK_BUF_INIT;
	struct conf conf;
	int n = origin(r, &conf, err);
	if (n < 0)
		return n;
	if (quota_file(&conf, intname, &path) < 0)
		return ck_err_nomem(err);
	n = archive_config_file(r->archive, restore_below_config(r, path.data), ret, err);
	if (n != CK_ENOTFOUND)
		return n;
	n = archive_database(r->archive, "quotas.db", &bytes, err);
	return n < 0 ? n : find_record(&bytes, intname, ret, err);
}
