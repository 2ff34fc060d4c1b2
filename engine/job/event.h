/* SPDX-License-Identifier: BSD-2-Clause */
/** Events as JSON lines: the other direction of ck_event_parse(). */
#ifndef JOB_EVENT_H
#define JOB_EVENT_H

#include <cyrkeep/buf.h>
#include <cyrkeep/event.h>

/** Append @ev as one JSON object without newline; ev->json is not looked at. @return 0, CK_ENOMEM.
 */
int event_format(const struct ck_event *ev, struct ck_buf *ret) CK_MUST_USE;

/** The class that a failure has in a line ("nospace"), and back; CK_OK is "". */
const char *event_code_name(enum ck_code code);
enum ck_code event_code_parse(const char *name);

/** "2026-11-23T02:00:00.250Z" and back. */
void event_time(int64_t time_ms, char ret[40]);
bool event_time_parse(const char *text, int64_t *ret);

/** The phase, kind or result with that name; false for none. */
bool event_phase_parse(const char *name, enum ck_phase *ret);
enum ck_result event_result_parse(const char *name);

#endif
