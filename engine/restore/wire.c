/* SPDX-License-Identifier: BSD-2-Clause */
#include "restore/wire.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "cyrus/imap_frame.h"
#include "cyrus/names.h"
#include "cyrus/sync.h"
#include "restore/target.h"

int wire_for_user(const struct conf *conf, const char *intname, bool owned, struct ck_buf *ret)
{
	char sep = name_separator(conf);
	size_t inbox = target_inbox(intname);
	const char *bang = strchr(intname, '!');
	const char *rest = owned && inbox ? intname + inbox : bang ? bang + 1 : intname;
	if (owned && inbox) {
		rest += *rest == '.';
		if (!*rest || !conf->altnamespace)
			ck_buf_adds(ret, "INBOX");
		if (*rest && !conf->altnamespace)
			ck_buf_addc(ret, sep);
	} else if (conf->altnamespace) {
		ck_buf_adds(ret, conf->sharedprefix);
		ck_buf_addc(ret, sep);
	}
	for (; *rest; rest++) {
		char c = *rest;
		if (c == '.')
			c = sep;
		else if (c == '^' && sep == '/')
			c = '.';
		ck_buf_addc(ret, c);
	}
	return ret->failed ? CK_ENOMEM : 0;
}

int wire_take_string(const char *text, size_t len, struct ck_buf *ret)
{
	const char *line = memchr(text, '\n', len);
	size_t size, front = line ? (size_t)(line - text) : 0;
	if (front && text[front - 1] == '\r')
		front--;
	if (line && imap_literal(text, front, &size, NULL, NULL, NULL) > 0 &&
	    size <= len - (size_t)(line + 1 - text))
		return ck_buf_add(ret, line + 1, size);
	if (len < 2 || *text != '"')
		return ck_buf_add(ret, text, len);
	for (size_t i = 1; i + 1 < len; i++) {
		i += text[i] == '\\' && i + 2 < len;
		ck_buf_addc(ret, text[i]);
	}
	return ret->failed ? CK_ENOMEM : 0;
}

bool wire_listed(const char *line, size_t len, struct ck_buf *ret)
{
	static const char front[] = "* LIST (";
	const char *end = line + len, *p;
	if (len < sizeof front || strncasecmp(line, front, sizeof front - 1) != 0)
		return false;
	const char *flags = line + sizeof front - 1;
	const char *close = memchr(flags, ')', (size_t)(end - flags));
	if (!close || memmem(flags, (size_t)(close - flags), "\\Noselect", 9) ||
	    memmem(flags, (size_t)(close - flags), "\\NonExistent", 12))
		return false;
	/* Behind the separator: "/" in quotes, or NIL. */
	for (p = close + 1; p < end && *p == ' ';)
		p++;
	if (p == end)
		return false;
	p += *p == '"' ? (p + 1 < end && p[1] == '\\' ? 4 : 3) : 3;
	if (p >= end || *p != ' ')
		return false;
	return wire_take_string(p + 1, (size_t)(end - p - 1), ret) == 0 && ret->len > 0;
}

void wire_date(int64_t seconds, char ret[32])
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t t = (time_t)seconds;
	struct tm tm;
	if (!gmtime_r(&t, &tm) || tm.tm_year < -1900 || tm.tm_year > 8099)
		(void)gmtime_r(&(time_t){0}, &tm);
	/* Not strftime(): the month is English whatever the locale. The moduli bound the width. */
	(void)snprintf(ret, 32, "%02u-%.3s-%04u %02u:%02u:%02u +0000", (unsigned)tm.tm_mday % 100,
	               months + 3 * (tm.tm_mon % 12), (unsigned)(tm.tm_year + 1900) % 10000,
	               (unsigned)tm.tm_hour % 100, (unsigned)tm.tm_min % 100,
	               (unsigned)tm.tm_sec % 100);
}

void wire_put_flags(struct ck_buf *cmd, const char *flags)
{
	bool first = true;
	ck_buf_addc(cmd, '(');
	for (const char *p = flags; *p;) {
		size_t len = strcspn(p, " ");
		if (sync_flag_is_bare(p, len) &&
		    !(len == 7 && strncasecmp(p, "\\Recent", 7) == 0)) {
			if (!first)
				ck_buf_addc(cmd, ' ');
			ck_buf_add(cmd, p, len);
			first = false;
		}
		p += len;
		p += *p == ' ';
	}
	ck_buf_addc(cmd, ')');
}

const char *wire_refusal(const char *data, size_t len)
{
	if (memchr(data, '\0', len))
		return "holds a NUL byte";
	for (size_t i = 0; i < len; i++)
		if (data[i] == '\n' && (i == 0 || data[i - 1] != '\r'))
			return "holds a bare newline";
	return NULL;
}
