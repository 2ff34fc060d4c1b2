/* SPDX-License-Identifier: BSD-2-Clause */
#include "words/restoring.h"

#include <string.h>

#include "words/fmt.h"

const char *ui_check_word(enum ck_check_level level)
{
	static const char *const words[] = {
		[CK_CHECK_OK] = "ok",
		[CK_CHECK_NOTE] = "note",
		[CK_CHECK_WARN] = "warn",
	};
	return words[level];
}

void ui_quota_figure(const struct ck_rehearsal_quota *q, uint64_t n, struct ck_buf *ret)
{
	(void)ck_buf_adds(ret, q->messages ? ui_fmt_count(n).s : ui_fmt_size(n).s);
}

void ui_passed_figures(const struct ck_rehearsal_quota *q, const struct ck_restore_request *request,
                       struct ck_buf *ret)
{
	ui_quota_figure(q, q->used + q->add - (request->leave_elsewhere ? q->elsewhere : 0), ret);
	(void)ck_buf_adds(ret, " of ");
	ui_quota_figure(q, q->limit, ret);
	(void)ck_buf_adds(ret, q->messages ? " messages" : "");
}

void ui_passed_words(const struct ck_rehearsal_quota *q, const struct ck_restore_request *request,
                     struct ck_buf *ret)
{
	(void)ck_buf_addf(ret, "quota of '%s' would be passed: ", q->root);
	ui_passed_figures(q, request, ret);
}

void ui_quota_meaning(const struct ck_rehearsal_quota *q, enum ck_restore_quota answer,
                      enum ck_restore_via via, struct ck_buf *ret)
{
	if (answer == CK_QUOTA_FIT) {
		(void)ck_buf_adds(ret, "only what fits is put back");
	} else if (answer == CK_QUOTA_RAISE) {
		(void)ck_buf_adds(ret, "the limit is raised to ");
		ui_quota_figure(q, q->raised, ret);
		(void)ck_buf_adds(ret, " first, and stays so");
	} else {
		(void)ck_buf_adds(ret, via == CK_VIA_SYNC
		                               ? "the mail is put back all the same, but new mail "
		                                 "is refused until there is room"
		                               : "the server will refuse what does not fit");
	}
}

/** Where all of it lies; NULL: in more than one, as far as one knows. */
static const char *only_place(const struct ck_rehearsal *r)
{
	const char *place = NULL;
	for (size_t i = 0; i < r->n; i++) {
		const char *in = r->mailboxes[i].elsewhere_in;
		if (in && place && strcmp(in, place) != 0)
			return NULL;
		place = in ? in : place;
	}
	return place;
}

void ui_elsewhere_words(const struct ck_rehearsal *r, struct ck_buf *ret)
{
	const char *place = only_place(r);
	(void)ck_buf_addf(ret, "%s of the %s missing %s in %s%s now", ui_fmt_count(r->elsewhere).s,
	                  ui_fmt_count(r->missing).s, r->elsewhere == 1 ? "lies" : "lie",
	                  place ? "" : "other mailboxes", place ? place : "");
}
