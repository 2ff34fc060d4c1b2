/* SPDX-License-Identifier: BSD-2-Clause */
/** A list of mail addresses as one line: `Anne Example <anne@example.org>, team: bob@example.org;`
 */
#ifndef CYRUS_ADDRESS_H
#define CYRUS_ADDRESS_H

#include <cyrkeep/buf.h>

struct address_list {
	struct ck_buf line;
	bool separate; /**< The next address needs a comma before it. */
	bool in_group; /**< A group was started and not ended. */
	bool full;     /**< Nothing more is added: the line is long enough. */
};

#define ADDRESS_LIST_INIT           \
	{                           \
		.line = CK_BUF_INIT \
	}

void address_list_fini(struct address_list *list);

/** Add an address; @name, decoded, and @domain may be NULL or "". */
void address_list_add(struct address_list *list, const char *name, const char *local,
                      const char *domain);
void address_list_start_group(struct address_list *list, const char *name);
void address_list_end_group(struct address_list *list);

/** End the line with an ellipsis: nothing more is added. */
void address_list_cut(struct address_list *list);

/** The line, owned; "" for an empty list; NULL when out of memory. */
char *address_list_take(struct address_list *list) CK_MUST_USE;

#endif
