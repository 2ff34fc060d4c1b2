/* SPDX-License-Identifier: BSD-2-Clause */
/** Special uses (\Sent, \Trash …): a user has one mailbox of each. */
#ifndef RESTORE_SPECIAL_H
#define RESTORE_SPECIAL_H

#include "restore/plan.h"

/**
 * Has the target's owner another mailbox for a special use of the source? Asked in his name, while
 * the target itself is absent. False where it has no special use, and where nobody can tell.
 */
int special_is_held(struct restore *r, const struct restore_item *item, bool *ret,
                    struct ck_err *err) CK_MUST_USE;

/** Does the answer "* LIST (\HasNoChildren \Sent) …" name one of @uses ("\Sent \Archive")? */
bool special_is_listed(const char *line, size_t len, const char *uses);

#endif
