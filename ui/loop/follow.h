/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * A job that is watched from the drawing thread.
 *
 * What it says lies in files of the state directory, and a disk may hang. So a thread of its own
 * attaches and reads; the drawing thread takes what has come, a batch at a time: while one is
 * taken the next is read, and no more. Nothing here waits: a follower that is closed while its
 * thread hangs in a read is freed when that comes back.
 */
#ifndef UI_FOLLOW_H
#define UI_FOLLOW_H

#include <cyrkeep/job.h>

struct ui_app;
struct ui_follow;

/** What ui_follow_next() found. The last three are ends: nothing comes after them. */
enum ui_follow_news {
	UI_FOLLOW_EVENT,   /**< An event. */
	UI_FOLLOW_READING, /**< Nothing yet: the past is still being read. */
	UI_FOLLOW_WAITING, /**< Nothing yet: all that it said so far was taken. */
	UI_FOLLOW_ENDED,   /**< Its report was the last event. */
	UI_FOLLOW_DIED,    /**< Its worker is gone without one. */
	UI_FOLLOW_REFUSED, /**< It could not be looked at. */
};

/** Follow @job from its first event on. Counts as a task that is waited for until the past has
 * been taken. @return 0, CK_ENOMEM, CK_EFAIL when no thread or descriptor can be had. */
int ui_follow_open(struct ui_app *app, uint32_t job, struct ui_follow **ret,
                   struct ck_err *err) CK_MUST_USE;

/** NULL is fine. */
void ui_follow_close(struct ui_follow *f);

/** Readable when there is something to take. */
int ui_follow_fd(const struct ui_follow *f);

/**
 * Take the next event into @ret (release it).
 * @err  After UI_FOLLOW_DIED and UI_FOLLOW_REFUSED: why.
 */
enum ui_follow_news ui_follow_next(struct ui_follow *f, struct ck_event *ret, struct ck_err *err);

#endif
