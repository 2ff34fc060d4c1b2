/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * One mailbox as the archive has it, with all that a restore can put back: messages from the
 * catalogue, and from Cyrus's own archived files what the catalogue does not spell out.
 */
#ifndef RESTORE_ARCHIVED_H
#define RESTORE_ARCHIVED_H

#include "cyrus/conf.h"
#include "cyrus/index.h"
#include "cyrus/mboxheader.h"
#include "cyrus/state.h"
#include "cyrus/sync.h"
#include <cyrkeep/archive.h>

/** Annotations, sorted by mailbox and uid. */
struct annotations {
	struct annotation *list;
	size_t n, cap;
	char *damage; /**< Why it may not be all of them, or NULL. Owned. */
};
void annotations_fini(struct annotations *a);

/** annotations.db of the archive. An archive without one has none: 0 with an empty list. Of a
 * damaged one those before the damage. */
int annotations_read(struct ck_archive *a, struct annotations *ret, struct ck_err *err) CK_MUST_USE;

/** Those of mailbox @key (uniqueid or internal name), or of uid @uid in a mailbox's own list. */
const struct annotation *annotations_find(const struct annotations *a, const char *key,
                                          uint32_t uid, size_t *ret_n);

struct archived {
	struct ck_archived_message *messages; /**< By uid. */
	size_t n;
	bool has_index;
	struct index index;
	struct mboxheader header;
	struct annotations annotations; /**< Of messages. */
};

/**
 * Read a mailbox. Without a readable cyrus.index or cyrus.annotations the messages still come,
 * with what the catalogue knows of them.
 */
int archived_read(struct ck_archive *a, const char *mailbox, struct archived *ret,
                  struct ck_err *err) CK_MUST_USE;
void archived_fini(struct archived *a);

/** What sync_put_record() is to write for one message, with the memory behind it. */
struct archived_record {
	struct sync_record r;
	struct annotation *annotations; /**< Own array; texts borrowed but for the made ones. */
	char made[3][24];
};

/**
 * The record of message number @i.
 *
 * @owner     Whose private annotations "[.OwNeR.]" become; NULL leaves those out.
 * @identity  With what only makes sense under the old uid: modseq of creation, thread.
 */
int archived_record(const struct archived *a, size_t i, const char *owner, bool identity,
                    struct archived_record *ret, struct ck_err *err) CK_MUST_USE;
void archived_record_fini(struct archived_record *r);

#endif
