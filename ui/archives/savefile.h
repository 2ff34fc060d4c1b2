/* SPDX-License-Identifier: BSD-2-Clause */
/** A file that the user asked for. */
#ifndef UI_SAVEFILE_H
#define UI_SAVEFILE_H

#include <cyrkeep/buf.h>
#include <cyrkeep/err.h>

#include "widgets/view.h"

/** Write @bytes to a new file at @path, for its owner alone, and sync it; blocks. What is there is
 * never written over. Until all is written it is called PATH.partial, which only a console that
 * dies meanwhile leaves behind. @return 0 or CK_EIO and the like. */
int ui_save_file(const char *path, const struct ck_buf *bytes, struct ck_err *err) CK_MUST_USE;

/** The same in the background, of @bytes, which is emptied; says on the screen what came of it, or
 * @failure with the reason. */
void ui_save_start(struct ui_view *v, const char *path, struct ck_buf *bytes, const char *failure);

#endif
