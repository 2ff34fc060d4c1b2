/* SPDX-License-Identifier: BSD-2-Clause */
/** The records of a live mailbox, for what needs more than its head. */
#ifndef SELECT_RECORDS_H
#define SELECT_RECORDS_H

#include "cyrus/index.h"
#include <cyrkeep/server.h>

/** Read its whole index. @return 0, or why there is none: CK_ENOTFOUND, CK_ECORRUPT, ...,
 * CK_ENOMEM. */
int records_read(const struct ck_server *server, const struct ck_mailbox *mailbox,
                 struct index *ret) CK_MUST_USE;

#endif
