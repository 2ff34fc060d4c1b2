/* SPDX-License-Identifier: BSD-2-Clause */
/** What speaks against starting a backup, in order of harm. For view_review.c. */
#ifndef UI_REVIEW_H
#define UI_REVIEW_H

#include <cyrkeep/job.h>

#include "backup/wizard.h"
#include "loop/probe.h"

#define UI_REVIEW_MAX 12

/** What had to be asked for; known once `known`. */
struct ui_review_facts {
	bool known;
	struct ck_method *methods; /**< Owned by the screen. */
	size_t nmethods;
	struct ck_err methods_err;
	struct ui_probe probe; /**< Of the destination. */
	struct ck_err probe_err;
	struct ck_err gate; /**< CK_EGATE: so much has gone that Start asks for a word. */
};

/** The asking, as a task: what of the draft it needs, and then the facts. */
struct ui_review_ask {
	const struct ck_settings *settings;
	uint64_t bytes, mailboxes, messages; /**< That the plan takes, if it is known. */
	bool bytes_known;
	struct ck_plan plan;
	char *path;
	struct ui_review_facts facts; /**< Whoever takes them zeroes them here. */
};
struct ui_review_ask *ui_review_ask_new(const struct ui_wizard *w);
int ui_review_ask(void *data, struct ck_watch *watch, struct ck_err *err);
void ui_review_ask_free(void *data);

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

/** What the sanity gate objects to, for the question before it is overruled; appended. */
void ui_review_shrunk(const struct ui_review_facts *facts, struct ck_buf *ret);

/** Directory of the destination that will be used, or NULL when its name is not known. */
const char *ui_review_path(const struct ui_wizard *w);

#endif
