/* SPDX-License-Identifier: BSD-2-Clause */
#include "job/js.h"

#include <stdlib.h>
#include <string.h>

#include <cyrkeep/err.h>

void js_freep(json_t **o)
{
	json_decref(*o);
}

/* Length of the valid UTF-8 sequence at @p, 0 for none. */
static size_t utf8_len(const unsigned char *p)
{
	size_t n = p[0] < 0x80                   ? 1
	           : p[0] >= 0xc2 && p[0] < 0xe0 ? 2
	           : (p[0] & 0xf0) == 0xe0       ? 3
	                                         : 0;
	if (p[0] >= 0xf0 && p[0] < 0xf5)
		n = 4;
	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if (n == 3 && ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f)))
		return 0;
	if (n == 4 && ((p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f)))
		return 0;
	return n;
}

json_t *js_text(const char *text)
{
	if (!text)
		return json_null();
	json_t *s = json_string(text);
	if (s)
		return s;
	CK_CLEANUP(ck_buf_fini) struct ck_buf clean = CK_BUF_INIT;
	for (const char *p = text; *p;) {
		size_t n = utf8_len((const unsigned char *)p);
		(void)(n ? ck_buf_add(&clean, p, n) : ck_buf_adds(&clean, "\xef\xbf\xbd"));
		p += n ? n : 1;
	}
	return json_string(clean.data);
}

json_t *js_texts(const struct ck_strv *v)
{
	json_t *a = json_array();
	for (size_t i = 0; i < v->n; i++)
		if (json_array_append_new(a, js_text(v->items[i])) < 0) {
			json_decref(a);
			return NULL;
		}
	return a;
}

void js_put(json_t **o, const char *key, json_t *value)
{
	/* A NULL object or value fails too, and the value is never leaked. */
	if (json_object_set_new(*o, key, value) == 0)
		return;
	json_decref(*o);
	*o = NULL;
}

int js_line(const json_t *o, struct ck_buf *ret)
{
	char *text = o ? json_dumps(o, JSON_COMPACT) : NULL;
	if (!text)
		return CK_ENOMEM;
	int r = ck_buf_adds(ret, text);
	free(text);
	return r;
}

int64_t js_number(const json_t *o, const char *key, int64_t missing)
{
	const json_t *v = json_object_get(o, key);
	return json_is_integer(v) ? (int64_t)json_integer_value(v) : missing;
}

const char *js_string(const json_t *o, const char *key, const char *missing)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s ? s : missing;
}

int js_copy(const json_t *o, const char *key, char **ret)
{
	const char *s = json_string_value(json_object_get(o, key));
	*ret = s ? strdup(s) : NULL;
	return s && !*ret ? CK_ENOMEM : 0;
}

int js_copy_texts(const json_t *o, const char *key, struct ck_strv *ret)
{
	const json_t *a = json_object_get(o, key);
	for (size_t i = 0; i < json_array_size(a); i++) {
		const char *s = json_string_value(json_array_get(a, i));
		if (s && ck_strv_add(ret, s) < 0)
			return CK_ENOMEM;
	}
	return 0;
}
