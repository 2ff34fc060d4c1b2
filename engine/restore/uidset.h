/* SPDX-License-Identifier: BSD-2-Clause */
/** A set of uids as IMAP writes it: "1:5,9,12:*". */
#ifndef RESTORE_UIDSET_H
#define RESTORE_UIDSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cyrkeep/err.h>

struct uidset_range {
	uint32_t from, to; /**< 0 stands for "*". */
};

struct uidset {
	struct uidset_range *ranges; /**< In the order of the text. */
	size_t n;
};

/** @return 0, CK_EUSAGE that shows what is wrong, CK_ENOMEM. Release with uidset_fini(). */
int uidset_parse(const char *text, struct uidset *ret, struct ck_err *err) CK_MUST_USE;
void uidset_fini(struct uidset *set);

/** Is @uid in the set, where @max is the largest uid of the mailbox ("*")? */
bool uidset_has(const struct uidset *set, uint32_t uid, uint32_t max);

#endif
