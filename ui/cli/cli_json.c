/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/cli_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cyrkeep/buf.h>

#include "words/text.h"

json_t *cli_json_text(const char *text)
{
	if (!text)
		return json_null();
	json_t *as_it_is = json_string(text);
	if (as_it_is)
		return as_it_is;
	struct ck_buf buf = CK_BUF_INIT;
	const unsigned char *p = (const unsigned char *)text, *end = p + strlen(text);
	while (p < end) {
		uint32_t ch;
		size_t len = ui_text_decode(p, end, &ch);
		(void)(len ? ck_buf_add(&buf, p, len) : ck_buf_adds(&buf, "\xef\xbf\xbd"));
		p += len ? len : 1;
	}
	json_t *mended = json_stringn(buf.data, buf.len);
	ck_buf_fini(&buf);
	return mended;
}

json_t *cli_json_time(int64_t seconds)
{
	time_t t = (time_t)seconds;
	struct tm tm;
	char text[32];
	if (seconds <= 0 || !gmtime_r(&t, &tm) ||
	    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		return json_null();
	return json_string(text);
}

json_t *cli_json_grades(const uint64_t grades[CK_GRADE_MAX_])
{
	json_t *object = json_object();
	for (int g = 0; g < CK_GRADE_MAX_; g++) {
		const char key[2] = {ck_grade_letter((enum ck_grade)g), '\0'};
		(void)json_object_set_new(object, key, json_integer((json_int_t)grades[g]));
	}
	return object;
}

/** What some readers take for the end of a line, and what a terminal would do something about. */
static bool is_escaped(uint32_t ch)
{
	return (ch >= 0x7f && ch < 0xa0) || ch == 0x061c || ch == 0x200e || ch == 0x200f ||
	       (ch >= 0x2028 && ch <= 0x202e) || (ch >= 0x2066 && ch <= 0x2069) || ch == 0xfeff;
}

int cli_json_line(const char *json)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf line = CK_BUF_INIT;
	const unsigned char *p = (const unsigned char *)json, *end = p + strlen(json);
	while (p < end) {
		uint32_t ch;
		size_t len = ui_text_decode(p, end, &ch);
		if (len && is_escaped(ch)) /* only strings hold such */
			(void)ck_buf_addf(&line, "\\u%04x", (unsigned)ch);
		else
			(void)ck_buf_add(&line, p, len ? len : 1);
		p += len ? len : 1;
	}
	return line.failed || puts(line.data) == EOF ? -1 : 0;
}

int cli_json_print(json_t *object)
{
	char *text = json_dumps(object, JSON_COMPACT);
	json_decref(object);
	int r = text ? cli_json_line(text) : -1;
	free(text);
	return r;
}
