/* SPDX-License-Identifier: BSD-2-Clause */
#include <cyrkeep/acl.h>

#include <string.h>

/** The text up to a tab or the end; *@p is moved behind both. */
static size_t take_field(const char **p)
{
	size_t len = strcspn(*p, "\t");
	*p += len + ((*p)[len] == '\t');
	return len;
}

bool ck_acl_next(const char **acl, struct ck_acl_entry *ret)
{
	if (!**acl)
		return false;
	ret->id = *acl;
	ret->id_len = take_field(acl);
	ret->rights = *acl;
	ret->rights_len = take_field(acl);
	return true;
}
