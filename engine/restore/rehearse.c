/* SPDX-License-Identifier: BSD-2-Clause */
/* What a restore would do; changes nothing. */
#include "restore/plan.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cyrus/names.h"
#include "restore/checks.h"
#include "restore/quota.h"
#include "restore/remarks.h"
#include "restore/special.h"
#include "restore/target.h"
#include "restore/via.h"

/** The remark beside one mailbox, appended. */
static int describe(struct restore *r, const struct restore_item *item, const struct comparison *c,
                    struct ck_buf *ret, struct ck_err *err)
{
	const char *sep = "";
	bool held = false;
	int n = c->action == CK_RESTORE_RECREATE ? special_is_held(r, item, &held, err) : 0;
	if (n < 0)
		return n;
	if (c->reason) {
		ck_buf_adds(ret, c->reason);
		sep = "; ";
	}
	if (c->not_stored) {
		ck_buf_addf(ret, "%s%" PRIu64 " message(s) are not in the archive", sep,
		            c->not_stored);
		sep = "; ";
	}
	if (c->ndamaged) {
		ck_buf_addf(ret, "%s%zu message(s) are damaged in the archive and stay missing",
		            sep, c->ndamaged);
		sep = "; ";
	}
	if (checks_is_other(item, c)) {
		ck_buf_addf(ret,
		            "%sthis mailbox was made anew since the backup, under the same name",
		            sep);
		sep = "; ";
	}
	if (c->action == CK_RESTORE_ADD && r->via == CK_VIA_SYNC) {
		ck_buf_addf(ret, "%sadded mail gets new uids", sep);
		sep = "; ";
	}
	if ((c->action == CK_RESTORE_RECREATE || c->action == CK_RESTORE_CREATE) &&
	    r->via == CK_VIA_IMAP) {
		ck_buf_addf(ret, "%sall mail gets new uids", sep);
		sep = "; ";
	}
	if (c->action == CK_RESTORE_RECREATE || c->action == CK_RESTORE_CREATE) {
		const char *partition = via_choose_partition(r, item, NULL);
		if (strcmp(partition, item->source->partition) != 0) {
			ck_buf_addf(ret, "%spartition '%s' is not here: it goes to '%s'", sep,
			            item->source->partition, partition);
			sep = "; ";
		}
	}
	if (held) {
		ck_buf_addf(ret, "%sanother mailbox is '%s' now and stays it", sep,
		            item->source->special);
		sep = "; ";
	}
	bool marks_come = c->action == CK_RESTORE_RECREATE && r->via == CK_VIA_SYNC &&
	                  !ck_archive_plan(r->archive)->without_config;
	if (!item->owner && c->nmissing && !marks_come) {
		ck_buf_addf(ret, "%seach reader's own read marks stay unset on what is added", sep);
		sep = "; ";
	}
	if (item->source->grade > CK_GRADE_B)
		ck_buf_addf(ret, "%sgrade %c in the archive", sep,
		            ck_grade_letter(item->source->grade));
	return 0;
}

/** The name of that which holds most of what lies elsewhere; NULL: nothing does, or no memory. */
static char *elsewhere_in(const struct restore *r, const struct comparison *c)
{
	size_t most = 0;
	if (!c->nelsewhere)
		return NULL;
	CK_FREE size_t *counts = ck_alloc(r->elsewhere.boxes.n + 1, sizeof *counts);
	if (!counts)
		return NULL;
	for (size_t i = 0; i < c->nmissing; i++)
		if (c->where[i] && ++counts[c->where[i]] > counts[most])
			most = c->where[i];
	return strdup(r->elsewhere.boxes.items[most - 1]);
}

static int fill(struct restore *r, const struct restore_item *item, const struct comparison *c,
                struct ck_rehearsal_mailbox *ret, struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf reason = CK_BUF_INIT;
	int n = describe(r, item, c, &reason, err);
	if (n < 0)
		return n;
	*ret = (struct ck_rehearsal_mailbox){.source = strdup(item->source->name),
	                                     .target = strdup(item->shown),
	                                     .owner = item->owner ? strdup(item->owner) : NULL,
	                                     .inbox = name_is_inbox(item->target),
	                                     .action = c->action,
	                                     .wanted = c->wanted,
	                                     .now = c->live.n,
	                                     .present = c->present,
	                                     .missing = c->nmissing,
	                                     .missing_bytes = c->missing_bytes,
	                                     .elsewhere = c->nelsewhere,
	                                     .elsewhere_bytes = c->elsewhere_bytes,
	                                     .elsewhere_in = elsewhere_in(r, c),
	                                     .damaged = c->ndamaged,
	                                     .reason = ck_buf_take(&reason)};
	return ret->source && ret->target && ret->reason && (ret->owner || !item->owner) &&
	                       (ret->elsewhere_in || !c->nelsewhere)
	               ? 0
	               : ck_err_nomem(err);
}

/** Owners come one after the other; his INBOX stands first. */
struct owners {
	const char *told;  /**< Of whom it was said what comes back. */
	const char *asked; /**< Whose INBOX was looked for last, or comes back itself. */
};

static bool is_next(const char **last, const char *owner)
{
	if (*last && strcmp(*last, owner) == 0)
		return false;
	*last = owner;
	return true;
}

/** Once for each owner of whom something comes back. */
static int tell_user(struct restore *r, const struct restore_item *item, const struct comparison *c,
                     struct owners *owners, struct ck_rehearsal *ret, struct ck_err *err)
{
	bool comes = c->action != CK_RESTORE_NOTHING && c->action != CK_RESTORE_REFUSE;
	if (!item->owner || !comes || !is_next(&owners->told, item->owner))
		return 0;
	return remarks_user(r, item, c, ret, err);
}

/** A mailbox of a user comes back, but not his INBOX, and he has none: say that he gets one. */
static int tell_new_user(struct restore *r, const struct restore_item *item,
                         const struct comparison *c, struct owners *owners,
                         struct ck_rehearsal *ret, struct ck_err *err)
{
	size_t inbox = target_inbox(item->target);
	if (!inbox || c->action == CK_RESTORE_REFUSE || !is_next(&owners->asked, item->owner) ||
	    c->live.exists || !item->target[inbox])
		return 0;
	return remarks_new_user(r, item, inbox, ret, err);
}

/** What is summed up while one mailbox after the other is compared. */
struct sums {
	struct owners owners;
	struct quota_sums quotas;
	struct checks checks;
};

static void sums_fini(struct sums *s)
{
	quota_sums_fini(&s->quotas);
	checks_fini(&s->checks);
}

static int rehearse_item(struct restore *r, const struct restore_item *item, struct sums *sums,
                         struct ck_rehearsal *ret, struct ck_err *err)
{
	CK_CLEANUP(comparison_fini) struct comparison c = {0};
	int n = restore_compare(r, item, &c, err);
	if (n == 0)
		n = elsewhere_look(r, item, &c, err);
	if (n < 0)
		return n;
	checks_count(&sums->checks, item, &c);
	n = fill(r, item, &c, &ret->mailboxes[ret->n++], err);
	if (n == 0 && c.action != CK_RESTORE_REFUSE)
		n = quota_sums_add(&sums->quotas, item, &c, err);
	if (n == 0)
		n = tell_user(r, item, &c, &sums->owners, ret, err);
	if (n == 0)
		n = tell_new_user(r, item, &c, &sums->owners, ret, err);
	if (c.action != CK_RESTORE_REFUSE) {
		ret->missing += c.nmissing;
		ret->missing_bytes += c.missing_bytes;
		ret->damaged += c.ndamaged;
		ret->elsewhere += c.nelsewhere;
		ret->elsewhere_bytes += c.elsewhere_bytes;
	}
	ret->present += c.present;
	return n;
}

static bool makes_any(const struct ck_rehearsal *r)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->mailboxes[i].action == CK_RESTORE_RECREATE ||
		    r->mailboxes[i].action == CK_RESTORE_CREATE)
			return true;
	return false;
}

static int rehearse(struct restore *r, struct ck_watch *watch, struct ck_rehearsal *ret,
                    struct ck_err *err)
{
	ret->mailboxes = ck_alloc(r->n, sizeof *ret->mailboxes);
	if (!ret->mailboxes)
		return ck_err_nomem(err);
	const struct ck_archive_info *from = ck_archive_info(r->archive);
	ret->archive = from->number;
	memcpy(ret->kind, from->kind, sizeof ret->kind);
	ret->path = realpath(from->path, NULL);
	if (!ret->path && !(ret->path = strdup(from->path)))
		return ck_err_nomem(err);
	if (watch)
		atomic_store(&watch->total, r->n);
	CK_CLEANUP(sums_fini) struct sums sums = {.checks.root = CK_BUF_INIT};
	int n = remarks_general(r, ret, err);
	for (size_t i = 0; i < r->n && n == 0; i++) {
		if (watch && atomic_load(&watch->cancel))
			n = ck_err_set(err, CK_ECANCEL, "cancelled");
		if (n == 0)
			n = rehearse_item(r, &r->items[i], &sums, ret, err);
		if (watch)
			atomic_fetch_add(&watch->done, 1);
	}
	if (n == 0)
		n = checks_quotas(r, &sums.checks, &sums.quotas, ret, err);
	if (n == 0 && makes_any(ret))
		n = remarks_made(r, ret, err);
	return n == 0 ? checks_tell(r, &sums.checks, ret, err) : n;
}

int ck_restore_rehearse(const struct ck_settings *settings,
                        const struct ck_restore_request *request, struct ck_watch *watch,
                        struct ck_rehearsal *ret, struct ck_err *err)
{
	CK_CLEANUP(restore_closep) struct restore *r = NULL;
	CK_CLEANUP(ck_rehearsal_fini) struct ck_rehearsal rehearsal = {0};
	int n = restore_open(settings, request, &r, err);
	if (n == 0)
		n = rehearse(r, watch, &rehearsal, err);
	if (n < 0) {
		restore_advise(err);
		return n;
	}
	*ret = rehearsal;
	rehearsal = (struct ck_rehearsal){0};
	return 0;
}
