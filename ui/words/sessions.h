/* SPDX-License-Identifier: BSD-2-Clause */
/** Who a stop cuts off, in words. */
#ifndef UI_SESSIONS_H
#define UI_SESSIONS_H

#include <cyrkeep/server.h>

/** "61 sessions of 48 users", "1 session, not logged in", "no session"; appended. */
void ui_sessions_count(const struct ck_sessions *s, struct ck_buf *ret);

/** "anne (3), bob and 46 more" in at most @width cells, most sessions first, made harmless;
 * appended. Nothing when nobody is logged in. */
void ui_sessions_names(const struct ck_sessions *s, int width, struct ck_buf *ret);

#endif
