/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * Where a restored mailbox goes. Worked out on internal names (levels between dots, domain in
 * front), so that separators, domains and odd characters need no thought.
 */
#ifndef RESTORE_TARGET_H
#define RESTORE_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include <cyrkeep/buf.h>
#include <cyrkeep/err.h>

enum target_kind {
	TARGET_ORIGINAL, /**< Where it was. */
	TARGET_DATED, /**< user.anne.RESTORED.2026-11-23.…, or RESTORED.2026-11-23.… if shared. */
	TARGET_NAMED, /**< Under one name; several keep their places below it. */
};

struct target {
	enum target_kind kind;
	char date[16];   /**< "2026-11-23", of TARGET_DATED. */
	const char *top; /**< Internal name, of TARGET_NAMED; borrowed. */
};

/**
 * Internal name of the target of @source, appended.
 *
 * @common  Bytes of @source that all sources have in common, whole levels (target_common()); they
 * are what TARGET_NAMED replaces.
 */
int target_name(const struct target *t, const char *source, size_t common, struct ck_buf *ret,
                struct ck_err *err) CK_MUST_USE;

/**
 * Length of the longest whole-level beginning that @names share: for a single one its whole
 * length; "user.anne" for user.anne.Sent and user.anne.Work. The "user" level itself and a domain
 * do not count as something shared: 0 then.
 */
size_t target_common(const char *const *names, size_t n);

/** Length of the user's INBOX within an internal name ("user.anne" of user.anne.Sent); 0: shared.
 */
size_t target_inbox(const char *intname);

#endif
