/* SPDX-License-Identifier: BSD-2-Clause */
/** cyrus.header: quota root, uniqueid, names of the user flags, ACL; every generation of it. */
#ifndef CYRUS_MBOXHEADER_H
#define CYRUS_MBOXHEADER_H

#include <cyrkeep/buf.h>
#include <cyrkeep/err.h>

#define USER_FLAGS_MAX 128

struct mboxheader {
	char *quotaroot; /**< Internal name, or NULL. */
	char *uniqueid;  /**< "" in the oldest. */
	char *name;      /**< Internal name (3.6+), or NULL. */
	char *acl;
	char *flags[USER_FLAGS_MAX]; /**< Name of user flag n, or NULL. */
};

int mboxheader_parse(const char *data, size_t len, struct mboxheader *ret,
                     struct ck_err *err) CK_MUST_USE;
int mboxheader_read(int dirfd, const char *path, struct mboxheader *ret,
                    struct ck_err *err) CK_MUST_USE;
void mboxheader_fini(struct mboxheader *h);

#endif
