/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests and rehearsals as values: copied, spelled and freed. */
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
	struct ck_restore_request copy = {
		.via = from->via, .quota = from->quota, .leave_elsewhere = from->leave_elsewhere};
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

static const char *const quota_names[] = {
	[CK_QUOTA_KEEP] = "keep",
	[CK_QUOTA_FIT] = "fit",
	[CK_QUOTA_RAISE] = "raise",
};

const char *ck_restore_quota_name(enum ck_restore_quota q)
{
	return quota_names[q];
}

int ck_restore_quota_parse(const char *name, enum ck_restore_quota *ret)
{
	for (size_t i = 0; i < CK_COUNT(quota_names); i++)
		if (strcmp(name, quota_names[i]) == 0) {
			*ret = (enum ck_restore_quota)i;
			return 0;
		}
	return CK_EUSAGE;
}

static void add_option(struct ck_buf *out, const char *option, const char *value)
{
	(void)ck_buf_addf(out, " --%s ", option);
	(void)ck_buf_add_word(out, value);
}

void ck_restore_request_options(const struct ck_restore_request *r, struct ck_buf *ret)
{
	if (r->uids)
		add_option(ret, "uid", r->uids);
	if (r->to)
		add_option(ret, "to", r->to);
	if (r->via == CK_VIA_IMAP)
		add_option(ret, "via", "imap");
	if (r->quota != CK_QUOTA_KEEP)
		add_option(ret, "quota", ck_restore_quota_name(r->quota));
	if (r->leave_elsewhere)
		add_option(ret, "elsewhere", "leave");
}

void ck_rehearsal_fini(struct ck_rehearsal *r)
{
	for (size_t i = 0; i < r->n; i++) {
		free(r->mailboxes[i].source);
		free(r->mailboxes[i].target);
		free(r->mailboxes[i].owner);
		free(r->mailboxes[i].elsewhere_in);
		free(r->mailboxes[i].reason);
	}
	free(r->mailboxes);
	for (size_t i = 0; i < r->nquotas; i++)
		free(r->quotas[i].root);
	free(r->quotas);
	for (size_t i = 0; i < r->nchecks; i++)
		free(r->checks[i].text);
	free(r->checks);
	free(r->path);
	*r = (struct ck_rehearsal){0};
}
