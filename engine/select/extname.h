/* SPDX-License-Identifier: BSD-2-Clause */
/** The parts of an external mailbox name: levels, and the domain that stands behind them. */
#ifndef SELECT_EXTNAME_H
#define SELECT_EXTNAME_H

#include <stddef.h>

#include <cyrkeep/server.h>

/**
 * Bytes of @mailbox->name before "@domain", which are all of them where the mailbox has no domain.
 * The internal name tells: an '@' may also be part of a name.
 */
size_t extname_local_len(const struct ck_mailbox *mailbox);

/** Where the last level of the first @len bytes of @name starts. */
size_t extname_leaf(const char *name, size_t len, char sep);

#endif
