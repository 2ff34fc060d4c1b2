/* SPDX-License-Identifier: BSD-2-Clause */
#include "words/fmt.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define YEAR_1    (-62135596800)
#define YEAR_9999 253370764800

static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
static const char *const weekdays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

struct ui_fmt ui_fmt_size(uint64_t bytes)
{
	static const char units[] = "BKMGTPE";
	struct ui_fmt f;
	double value = (double)bytes;
	int unit = 0;
	while (value >= 1023.5 && unit < 6) {
		value /= 1024;
		unit++;
	}
	if (unit == 0)
		snprintf(f.s, sizeof f.s, "%u", (unsigned)bytes);
	else if (unit >= 4 && value < 9.995)
		snprintf(f.s, sizeof f.s, "%.2f%c", value, units[unit]);
	else if (value < 99.95)
		snprintf(f.s, sizeof f.s, "%.1f%c", value, units[unit]);
	else
		snprintf(f.s, sizeof f.s, "%.0f%c", value, units[unit]);
	return f;
}

struct ui_fmt ui_fmt_count(uint64_t n)
{
	struct ui_fmt f = {0};
	char digits[24];
	int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)n);
	char *out = f.s;
	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			*out++ = ' ';
		*out++ = digits[i];
	}
	*out = '\0';
	return f;
}

struct ui_fmt ui_fmt_count_short(uint64_t n)
{
	if (n < 1000000)
		return ui_fmt_count(n);
	struct ui_fmt f;
	bool giga = n >= 1000000000;
	double value = (double)n / (giga ? 1e9 : 1e6);
	snprintf(f.s, sizeof f.s, value < 99.95 ? "%.1f %c" : "%.0f %c", value, giga ? 'G' : 'M');
	return f;
}

struct ui_fmt ui_fmt_things(uint64_t n, const char *one)
{
	struct ui_fmt f;
	size_t len = strlen(one);
	bool hisses = len && strchr("sxz", one[len - 1]);
	snprintf(f.s, sizeof f.s, "%.20s %.8s%s", ui_fmt_count(n).s, one,
	         n == 1   ? ""
	         : hisses ? "es"
	                  : "s");
	return f;
}

struct ui_fmt ui_fmt_duration(int64_t ms)
{
	struct ui_fmt f;
	long long s = (ms < 0 ? 0 : ms) / 1000;
	snprintf(f.s, sizeof f.s, "%lld:%02d:%02d", s / 3600, (int)(s / 60 % 60), (int)(s % 60));
	return f;
}

struct ui_fmt ui_fmt_span(int64_t ms)
{
	struct ui_fmt f;
	long long s = (ms < 0 ? 0 : ms) / 1000;
	long long min = s / 60, hours = min / 60;
	if (s < 60)
		snprintf(f.s, sizeof f.s, "%lld s", s);
	else if (min < 60)
		snprintf(f.s, sizeof f.s, "%lld min", min);
	else if (hours < 24 && min % 60)
		snprintf(f.s, sizeof f.s, "%lld h %lld min", hours, min % 60);
	else if (hours < 48)
		snprintf(f.s, sizeof f.s, "%lld h", hours);
	else
		snprintf(f.s, sizeof f.s, "%lld d", hours / 24);
	return f;
}

struct ui_fmt ui_fmt_took(int64_t ms)
{
	struct ui_fmt f;
	long long tenths = (ms + 50) / 100; /* as the command line rounds */
	if (ms <= 0 || ms >= 10000)
		return ui_fmt_span(ms);
	tenths = tenths < 1 ? 1 : tenths > 99 ? 99 : tenths;
	snprintf(f.s, sizeof f.s, "%lld.%lld s", tenths / 10, tenths % 10);
	return f;
}

/** What lies beyond the years that people write, as a damaged archive may, is 1 Jan 1900. */
static struct tm local(int64_t t)
{
	struct tm tm = {.tm_mday = 1};
	time_t when = (time_t)t;
	if (t > YEAR_1 && t < YEAR_9999)
		(void)localtime_r(&when, &tm);
	return tm;
}

/** The hour that autumn repeats is told apart by its offset: is @t within an hour of a change? */
static bool is_ambiguous(int64_t t, const struct tm *tm)
{
	struct tm before = local(t - 3600), after = local(t + 3600);
	return (before.tm_gmtoff == tm->tm_gmtoff + 3600 && before.tm_hour == tm->tm_hour) ||
	       (after.tm_gmtoff == tm->tm_gmtoff - 3600 && after.tm_hour == tm->tm_hour);
}

struct ui_fmt ui_fmt_date(int64_t t, int64_t now)
{
	struct ui_fmt f;
	struct tm tm = local(t), today = local(now);
	int age = (today.tm_year - tm.tm_year) * 12 + today.tm_mon - tm.tm_mon;
	if (age == 12 && tm.tm_mday > today.tm_mday)
		age = 11;
	if (age >= 12 || age <= -12)
		snprintf(f.s, sizeof f.s, "%d %s %d", tm.tm_mday, months[tm.tm_mon % 12],
		         tm.tm_year + 1900);
	else if (is_ambiguous(t, &tm))
		snprintf(f.s, sizeof f.s, "%d %s %02d:%02d%+03ld", tm.tm_mday,
		         months[tm.tm_mon % 12], tm.tm_hour, tm.tm_min, tm.tm_gmtoff / 3600);
	else
		snprintf(f.s, sizeof f.s, "%d %s %02d:%02d", tm.tm_mday, months[tm.tm_mon % 12],
		         tm.tm_hour, tm.tm_min);
	return f;
}

/** Of the date. Not by mktime(), which looks at the file of the zone each time. */
static int64_t day_number(struct tm date)
{
	date.tm_hour = date.tm_min = date.tm_sec = 0;
	return (int64_t)timegm(&date) / 86400;
}

struct ui_fmt ui_fmt_iso_day(int64_t t)
{
	struct ui_fmt f;
	struct tm tm = local(t);
	snprintf(f.s, sizeof f.s, "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
	return f;
}

struct ui_fmt ui_fmt_day(int64_t t, int64_t now)
{
	struct ui_fmt f;
	struct tm tm = local(t), today = local(now);
	int64_t days = day_number(today) - day_number(tm);
	char day[16];
	if (days == 0)
		snprintf(day, sizeof day, "today");
	else if (days == 1)
		snprintf(day, sizeof day, "yesterday");
	else if (days > 1 && days < 7)
		snprintf(day, sizeof day, "%s %d", weekdays[tm.tm_wday % 7], tm.tm_mday % 32);
	else
		return ui_fmt_date(t, now);
	snprintf(f.s, sizeof f.s, "%-9s %02d:%02d", day, tm.tm_hour % 24, tm.tm_min % 60);
	return f;
}

struct ui_fmt ui_fmt_today(int64_t t)
{
	struct ui_fmt f;
	struct tm tm = local(t);
	snprintf(f.s, sizeof f.s, "%s %d %s %02d:%02d", weekdays[tm.tm_wday % 7], tm.tm_mday % 32,
	         months[tm.tm_mon % 12], tm.tm_hour % 24, tm.tm_min % 60);
	return f;
}

struct ui_fmt ui_fmt_clock(int64_t t)
{
	struct ui_fmt f;
	struct tm tm = local(t);
	snprintf(f.s, sizeof f.s, "%02d:%02d:%02d", tm.tm_hour, tm.tm_min, tm.tm_sec);
	return f;
}

struct ui_fmt ui_fmt_percent(uint64_t part, uint64_t whole)
{
	struct ui_fmt f = {""};
	if (!whole)
		return f;
	int percent = part >= whole ? 100 : (int)((double)part / (double)whole * 100);
	if (percent == 100 && part < whole)
		percent = 99;
	snprintf(f.s, sizeof f.s, "%d%%", percent);
	return f;
}
