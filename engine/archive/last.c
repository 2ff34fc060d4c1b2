/* SPDX-License-Identifier: BSD-2-Clause */
/* Which archive has a mailbox last. */
#include <fcntl.h>
#include <unistd.h>

#include "archive/reader.h"

/* @return 1 when it has the mailbox, 0, or a failure. */
static int ask(const struct ck_archive_info *info, const char *mailbox,
               struct ck_last_archived *ret, struct ck_err *err)
{
	CK_CLEANUP(ck_archive_closep) struct ck_archive *a = NULL;
	int fd = open(info->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return ck_err_sys(err, "cannot open archive '%s'", info->path);
	int r = reader_open(fd, info->path, &a, err);
	return r < 0 ? r
	             : catalog_mailbox_counts(a->catalog, mailbox, &ret->messages,
	                                      &ret->messages_left_out, err);
}

int ck_archives_last(const struct ck_settings *settings, const char *mailbox,
                     const struct ck_watch *watch, struct ck_last_archived *ret, struct ck_err *err)
{
	struct ck_archive_info *list = NULL;
	struct ck_last_archived last = {0};
	size_t n = 0;
	int r = ck_archives_list(settings, &list, &n, err);
	bool found = false;
	for (size_t i = 0; r == 0 && i < n && !found; i++) {
		const struct ck_archive_info *a = &list[i];
		if (a->foreign)
			continue;
		if (watch && watch->cancel) {
			r = ck_err_set(err, CK_ECANCEL, "cancelled");
			break;
		}
		int has = a->present && !a->damaged ? ask(a, mailbox, &last, NULL) : CK_EIO;
		if (has == CK_ENOMEM)
			r = ck_err_nomem(err);
		last.unread += has < 0;
		found = has > 0;
		if (found) {
			last.number = a->number;
			last.started = a->started;
		}
	}
	ck_archives_free(list, n);
	if (r == 0)
		*ret = last;
	return r;
}
