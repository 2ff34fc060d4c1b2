/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests and rehearsals as values: copied and freed. */
#include <cyrkeep/restore.h>

#include <stdlib.h>
#include <string.h>

/** A copy of @from that may be NULL. */
static int copy_text(const char *from, char **ret)
{
	*ret = from ? strdup(from) : NULL;
	return from && !*ret ? CK_ENOMEM : 0;
}

int ck_restore_request_copy(const struct ck_restore_request *from, struct ck_restore_request *ret)
{
	struct ck_restore_request copy = {.via = from->via};
	if (copy_text(from->archive, &copy.archive) < 0 || copy_text(from->to, &copy.to) < 0 ||
	    copy_text(from->uids, &copy.uids) < 0 ||
	    ck_strv_copy(&copy.patterns, &from->patterns) < 0) {
		ck_restore_request_fini(&copy);
		return CK_ENOMEM;
	}
	*ret = copy;
	return 0;
}

void ck_restore_request_fini(struct ck_restore_request *r)
{
	free(r->archive);
	free(r->to);
	free(r->uids);
	ck_strv_fini(&r->patterns);
	*r = (struct ck_restore_request){0};
}

void ck_rehearsal_fini(struct ck_rehearsal *r)
{
	for (size_t i = 0; i < r->n; i++) {
		free(r->mailboxes[i].source);
		free(r->mailboxes[i].target);
		free(r->mailboxes[i].reason);
	}
	free(r->mailboxes);
	ck_strv_fini(&r->remarks);
	free(r->path);
	*r = (struct ck_rehearsal){0};
}
