/* SPDX-License-Identifier: BSD-2-Clause */
/** What the files of the tree share; the tree itself is <cyrkeep/select.h>. */
#ifndef SELECT_TREE_H
#define SELECT_TREE_H

#include <cyrkeep/select.h>

#define TREE_CLASSES           3   /**< users, shared, deleted */
#define TREE_DEPTH_MAX         500 /**< Levels of a name; what is deeper stays in one label. */
#define TREE_UNKNOWN_PARTITION "?"
#define TREE_INBOX             "INBOX"

/** Has the mailbox a place in the tree? Intermediate names and remote mailboxes hold nothing here.
 */
static inline bool tree_shows(const struct ck_mailbox *m)
{
	return !(m->flags & (CK_MBOX_INTERMEDIATE | CK_MBOX_REMOTE));
}

/** Is it "users", "shared" or "deleted", whose children are the first level of names? */
static inline bool tree_is_class(unsigned kind)
{
	return kind >= CK_NODE_USERS && kind <= CK_NODE_DELAYED;
}

#endif
