/* SPDX-License-Identifier: BSD-2-Clause */
/** The screens: one table per view_*.c, with the argument that its open() takes. */
#ifndef UI_VIEWS_H
#define UI_VIEWS_H

#include "widgets/view.h"

extern const struct ui_view_ops ui_view_home;      /**< No argument. */
extern const struct ui_view_ops ui_view_help;      /**< const struct ui_view *: whose help. */
extern const struct ui_view_ops ui_view_menu;      /**< const struct ui_view *: whose actions. */
extern const struct ui_view_ops ui_view_archives;  /**< No argument. */
extern const struct ui_view_ops ui_view_browse;    /**< struct ui_browse_arg, or NULL. */
extern const struct ui_view_ops ui_view_messages;  /**< struct ui_messages_arg */
extern const struct ui_view_ops ui_view_message;   /**< struct ui_message_arg */
extern const struct ui_view_ops ui_view_settings;  /**< struct ui_browse_arg, or NULL. */
extern const struct ui_view_ops ui_view_restore;   /**< struct ui_restore_arg, or NULL. */
extern const struct ui_view_ops ui_view_rehearsal; /**< struct ui_restore_arg */
extern const struct ui_view_ops ui_view_decisions; /**< struct ui_decisions_arg */
/** Back up, step 1; no argument. Owns the wizard of the steps below. */
extern const struct ui_view_ops ui_view_source;
/** The further steps and the rules: struct ui_wizard *const *. */
extern const struct ui_view_ops ui_view_rules;
extern const struct ui_view_ops ui_view_rule;    /**< const struct ui_rule_edit * (wizard.h). */
extern const struct ui_view_ops ui_view_largest; /**< const struct ui_largest_arg * (largest.h). */
extern const struct ui_view_ops ui_view_method;
extern const struct ui_view_ops ui_view_destination;
extern const struct ui_view_ops ui_view_review;
extern const struct ui_view_ops ui_view_command; /**< const char *: a command line. */

extern const struct ui_view_ops ui_view_jobs;   /**< No argument. */
extern const struct ui_view_ops ui_view_job;    /**< const uint32_t *: number of a job. */
extern const struct ui_view_ops ui_view_joblog; /**< const uint32_t *: number of a job. */
extern const struct ui_view_ops ui_view_report; /**< const uint32_t *: number of an ended job. */
extern const struct ui_view_ops ui_view_unwind; /**< No argument. */

/** Look for a mailbox by words in the newest archive; what `:` does with words that are no screen.
 * @return false when there is no archive to look in. */
bool ui_browse_jump(struct ui_app *app, const char *words);

#endif
