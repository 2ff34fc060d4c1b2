/* SPDX-License-Identifier: BSD-2-Clause */
/** Figures as people read them: sizes, counts, durations, dates. */
#ifndef UI_FMT_H
#define UI_FMT_H

#include <stdint.h>

/** A formatted value; use as ui_fmt_size(n).s in an argument list. */
struct ui_fmt {
	char s[32];
};

/** "812", "12.1K", "220M", "4.27T"; 1K is 1024. */
struct ui_fmt ui_fmt_size(uint64_t bytes);

/** "13 204 118" */
struct ui_fmt ui_fmt_count(uint64_t n);

/** "13.2 M" from a million on, else as ui_fmt_count(). */
struct ui_fmt ui_fmt_count_short(uint64_t n);

/** "1 message", "13 204 118 messages", "2 mailboxes" of @one "message", "mailbox". */
struct ui_fmt ui_fmt_things(uint64_t n, const char *one);

/** "0:06:12": h:mm:ss. */
struct ui_fmt ui_fmt_duration(int64_t ms);

/** "6 s", "45 min", "7 h 10 min", "9 d": how long ago, how long still. */
struct ui_fmt ui_fmt_span(int64_t ms);

/** "0.6 s" below ten seconds, else as ui_fmt_span(): for times that were measured. */
struct ui_fmt ui_fmt_took(int64_t ms);

/** "23 Nov 02:00" within 12 months of @now, else "1 Dec 2025"; local time, seconds since 1970. */
struct ui_fmt ui_fmt_date(int64_t t, int64_t now);

/** "2025-12-01"; local time. */
struct ui_fmt ui_fmt_iso_day(int64_t t);

/** "today     02:00", "yesterday 02:00", "Sat 21    02:00", else as ui_fmt_date(). */
struct ui_fmt ui_fmt_day(int64_t t, int64_t now);

/** "Mon 23 Nov 10:42" */
struct ui_fmt ui_fmt_today(int64_t t);

/** "02:00:13" */
struct ui_fmt ui_fmt_clock(int64_t t);

/** "42%"; 100 only when @part has reached @whole; "" while @whole is 0. */
struct ui_fmt ui_fmt_percent(uint64_t part, uint64_t whole);

#endif
