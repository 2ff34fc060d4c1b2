/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli_json.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cyrkeep/buf.h>

#include "text.h"

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

int cli_json_print(json_t *object)
{
	int r = json_dumpf(object, stdout, JSON_COMPACT);
	json_decref(object);
	return r < 0 || putchar('\n') == EOF ? -1 : 0;
}
