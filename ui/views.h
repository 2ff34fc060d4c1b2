/* SPDX-License-Identifier: BSD-2-Clause */
/** The screens: one table per view_*.c, with the argument that its open() takes. */
#ifndef UI_VIEWS_H
#define UI_VIEWS_H

#include "view.h"

extern const struct ui_view_ops ui_view_home; /**< No argument. */
extern const struct ui_view_ops ui_view_help; /**< const struct ui_view *: whose help. */
extern const struct ui_view_ops ui_view_menu; /**< const struct ui_view *: whose actions. */

#endif
