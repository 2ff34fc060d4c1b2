/* SPDX-License-Identifier: BSD-2-Clause */
/** Files of the archived configuration directory that belong to one user or quota root. */
#ifndef RESTORE_USERFILE_H
#define RESTORE_USERFILE_H

#include "restore/plan.h"

/**
 * Append the archived file "sub" or "seen" of the owner of the INBOX @item: where the layout of his
 * INBOX has it, else where an upgrade left it.
 * @return 0, CK_ENOTFOUND, CK_ECORRUPT, CK_ENOMEM.
 */
int userfile_read(struct restore *r, const struct restore_item *item, const char *suffix,
                  struct ck_buf *ret, struct ck_err *err) CK_MUST_USE;

/** Append the archived record of quota root @intname, whatever database it was kept in. Same
 * failures. */
int userfile_quota(struct restore *r, const char *intname, struct ck_buf *ret,
                   struct ck_err *err) CK_MUST_USE;

#endif
