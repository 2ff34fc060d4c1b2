/* SPDX-License-Identifier: BSD-2-Clause */
/** The screens: one table per view_*.c, with the argument that its open() takes. */
#ifndef UI_VIEWS_H
#define UI_VIEWS_H

#include "view.h"

extern const struct ui_view_ops ui_view_home; /**< No argument. */
extern const struct ui_view_ops ui_view_help; /**< const struct ui_view *: whose help. */
extern const struct ui_view_ops ui_view_menu; /**< const struct ui_view *: whose actions. */
extern const struct ui_view_ops ui_view_archives; /**< No argument. */
extern const struct ui_view_ops ui_view_browse;   /**< struct ui_browse_arg, or NULL. */
extern const struct ui_view_ops ui_view_messages; /**< struct ui_messages_arg */
extern const struct ui_view_ops ui_view_message;  /**< struct ui_message_arg */

extern const struct ui_view_ops ui_view_jobs;   /**< No argument. */
extern const struct ui_view_ops ui_view_job;    /**< const uint32_t *: number of a job. */
extern const struct ui_view_ops ui_view_joblog; /**< const uint32_t *: number of a job. */
extern const struct ui_view_ops ui_view_report; /**< const uint32_t *: number of an ended job. */
extern const struct ui_view_ops ui_view_unwind; /**< No argument. */

#endif
