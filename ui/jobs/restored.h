/* SPDX-License-Identifier: BSD-2-Clause */
/** What came of the mailboxes of a restore, as rows of a list whose context is a struct ui_job. */
#ifndef UI_RESTORED_H
#define UI_RESTORED_H

#include "jobs/job.h"
#include "widgets/list.h"

extern const struct ui_column ui_restored_columns[];
extern const struct ui_list_ops ui_restored_ops;

#endif
