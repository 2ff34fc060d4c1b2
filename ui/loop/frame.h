/* SPDX-License-Identifier: BSD-2-Clause */
/** The four fixed rows around every screen: places and status, path, message line, key bar. */
#ifndef UI_FRAME_H
#define UI_FRAME_H

#include "loop/app.h"

#define UI_FRAME_TOP    2
#define UI_FRAME_BOTTOM 2
#define UI_MIN_ROWS     16
#define UI_MIN_COLS     60

/** Draw everything but the screens' own area. @base is the topmost screen that is no dialog. */
void ui_frame_draw(struct ui_app *app, const struct ui_view *base, const struct ui_view *top,
                   struct ui_canvas *c);

/** The window is too small: the state of the job, and how to leave. */
void ui_frame_draw_small(struct ui_app *app, struct ui_canvas *c);

/** What a click at these cells means, as if its key had been pressed: an action, and for
 * UI_ACT_PLACE the number of the place. */
enum ui_action ui_frame_click(struct ui_app *app, const struct ui_view *top, int rows, int cols,
                              int y, int x, int *ret_place);

#endif
