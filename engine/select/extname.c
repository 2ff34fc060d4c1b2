/* SPDX-License-Identifier: BSD-2-Clause */
#include "select/extname.h"

#include <string.h>

size_t extname_local_len(const struct ck_mailbox *mailbox)
{
	size_t len = strlen(mailbox->name);
	const char *mark = strchr(mailbox->intname, '!');
	size_t domain = mark ? (size_t)(mark - mailbox->intname) : 0;
	if (domain == 0 || domain + 1 > len)
		return len;
	const char *at = mailbox->name + len - domain - 1;
	return *at == '@' && memcmp(at + 1, mailbox->intname, domain) == 0 ? len - domain - 1 : len;
}

size_t extname_leaf(const char *name, size_t len, char sep)
{
	const char *last = memrchr(name, sep, len);
	return last ? (size_t)(last - name) + 1 : 0;
}
