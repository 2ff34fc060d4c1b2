/* SPDX-License-Identifier: BSD-2-Clause */
/** What speaks against starting a backup, in order of harm. For view_review.c. */
#ifndef UI_REVIEW_H
#define UI_REVIEW_H

#include <cyrkeep/job.h>

#include "probe.h"
#include "wizard.h"

#define UI_REVIEW_MAX 12

/** What had to be asked for; known once `known`. */
struct ui_review_facts {
	bool known;
	struct ck_method *methods; /**< Owned by the screen. */
	size_t nmethods;
	struct ck_err methods_err;
	struct ui_probe probe; /**< Of the destination. */
	struct ck_err probe_err;
};

/** One line under Checks. */
struct ui_review_check {
	enum ui_role role; /**< OK, WARN, ERROR; DIM while it is being looked at. */
	char text[200];
};

/** Judge. @ret has UI_REVIEW_MAX places. @return lines used; errors first. */
size_t ui_review_judge(const struct ui_wizard *w, const struct ui_review_facts *facts,
                       struct ui_review_check *ret);

/** The method that will be used, or NULL. */
const struct ck_method *ui_review_method(const struct ui_wizard *w,
                                         const struct ui_review_facts *facts);

/** It is known that Cyrus does not run: nothing will be stopped, and nothing started. */
bool ui_review_is_down(const struct ui_wizard *w);

/** What stopping Cyrus means, for the question before it; appended. */
void ui_review_stop(const struct ui_wizard *w, const struct ui_review_facts *facts,
                    struct ck_buf *ret);

/** Directory of the destination that will be used, or NULL when its name is not known. */
const char *ui_review_path(const struct ui_wizard *w);

#endif
