/* SPDX-License-Identifier: BSD-2-Clause */
/** Access control lists as Cyrus keeps them: "anne\tlrswipkxtecda\tanyone\tlr\t". */
#ifndef CK_ACL_H
#define CK_ACL_H

#include <stdbool.h>
#include <stddef.h>

/** Who may do what. Borrowed from the list; neither text is terminated. */
struct ck_acl_entry {
	const char
		*id; /**< User id, "anyone", "anonymous" or "group:…"; a '-' in front takes away. */
	size_t id_len;
	const char *rights; /**< RFC 4314, a letter each. */
	size_t rights_len;
};

/**
 * Take the next entry of the list at *@acl, which is moved behind it. A list that is cut off ends
 * in an entry with few rights or none.
 * @return false at the end.
 */
bool ck_acl_next(const char **acl, struct ck_acl_entry *ret);

#endif
