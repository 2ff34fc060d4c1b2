/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/number.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

bool number_parse(const char *text, size_t len, uint64_t max, uint64_t *ret)
{
	uint64_t value = 0;
	if (len == 0)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		unsigned digit = (unsigned)(text[i] - '0');
		if (digit > max || value > (max - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	*ret = value;
	return true;
}

void hex_encode(const uint8_t *bytes, size_t len, char *ret)
{
	static const char digits[] = "0123456789abcdef";
	for (size_t i = 0; i < len; i++) {
		ret[2 * i] = digits[bytes[i] >> 4];
		ret[2 * i + 1] = digits[bytes[i] & 15];
	}
	ret[2 * len] = '\0';
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool hex_decode(const char *text, uint8_t *ret, size_t len)
{
	if (strnlen(text, 2 * len + 1) != 2 * len)
		return false;
	for (size_t i = 0; i < len; i++) {
		int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		ret[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static void format_time(int64_t seconds, const char *fmt, char ret[32])
{
	time_t t = (time_t)seconds;
	struct tm tm;
	if (!gmtime_r(&t, &tm) || strftime(ret, 32, fmt, &tm) == 0)
		(void)snprintf(ret, 32, "1970-01-01T00:00:00Z");
}

void time_rfc3339(int64_t seconds, char ret[32])
{
	format_time(seconds, "%Y-%m-%dT%H:%M:%SZ", ret);
}

void time_compact(int64_t seconds, char ret[32])
{
	format_time(seconds, "%Y%m%dT%H%M%SZ", ret);
}

bool time_parse_rfc3339(const char *text, int64_t *ret)
{
	struct tm tm = {0};
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm);
	if (!end || *end != '\0')
		return false;
	*ret = (int64_t)timegm(&tm);
	return true;
}

static int64_t clock_ms(clockid_t id)
{
	struct timespec ts;
	(void)clock_gettime(id, &ts); /* cannot fail for the two clocks that are asked for */
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t time_now_ms(void)
{
	return clock_ms(CLOCK_REALTIME);
}

int64_t time_mono_ms(void)
{
	return clock_ms(CLOCK_MONOTONIC);
}

struct figure_text figure_size(uint64_t bytes)
{
	static const char units[] = "BKMGTPE";
	struct figure_text f = {0};
	double value = (double)bytes;
	size_t unit = 0;
	for (; value >= 1023.5 && unit + 2 < sizeof units; unit++)
		value /= 1024;
	if (unit == 0)
		(void)snprintf(f.s, sizeof f.s, "%u", (unsigned)bytes);
	else
		(void)snprintf(f.s, sizeof f.s, "%.*f%c", value < 99.95, value, units[unit]);
	return f;
}

struct figure_text figure_count(uint64_t n)
{
	struct figure_text f = {0};
	char digits[24];
	int len = snprintf(digits, sizeof digits, "%" PRIu64, n);
	char *out = f.s;
	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			*out++ = ' ';
		*out++ = digits[i];
	}
	*out = '\0';
	return f;
}
