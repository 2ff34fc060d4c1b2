/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * The file `events` of a job: one JSON line for each thing that happened, append-only. Written by
 * the worker from any of its threads; read by everybody who attaches.
 */
#ifndef JOB_EVENTLOG_H
#define JOB_EVENTLOG_H

#include <cyrkeep/event.h>
#include <cyrkeep/settings.h>

#define EVENTLOG_NAME    "events"
#define EVENTLOG_RESERVE "reserve" /* the room that is set aside */

struct eventlog;

/** Set a little room aside, so that the end of a job that ran into a full disk can still be
 * written; where there is none there is none for a job either. @return 0, CK_ENOSPACE, CK_EIO. */
int eventlog_set_aside(const struct ck_settings *settings, uint32_t job,
                       struct ck_err *err) CK_MUST_USE;

/** Open for appending; sets room aside where that was not done. */
int eventlog_open(const struct ck_settings *settings, uint32_t job, struct eventlog **ret,
                  struct ck_err *err) CK_MUST_USE;
void eventlog_close(struct eventlog *log);

/** Write @ev, stamped with the present time; a report is synced. @return 0, or a failure. */
int eventlog_write(struct eventlog *log, struct ck_event *ev);

/** Shorthands. */
void eventlog_note(struct eventlog *log, const char *fmt, ...) CK_PRINTF(2, 3);
void eventlog_phase(struct eventlog *log, enum ck_phase phase, bool begins);
void eventlog_state(struct eventlog *log, const char *state);

#endif
