/* SPDX-License-Identifier: BSD-2-Clause */
#include <cyrkeep/buf.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cyrkeep/err.h>

char ck_buf_empty[1];

void *ck_alloc(size_t n, size_t size)
{
	return calloc(n ? n : 1, size ? size : 1);
}

void ck_freep(void *pointer_to_pointer)
{
	void *p;
	memcpy(&p, pointer_to_pointer, sizeof p);
	free(p);
}

void ck_closep(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

int ck_buf_reserve(struct ck_buf *buf, size_t more)
{
	if (more < buf->cap - buf->len)
		return 0;
	size_t want = buf->cap ? buf->cap * 2 : 64;
	if (more >= SIZE_MAX / 2 - buf->len) {
		buf->failed = true;
		return CK_ENOMEM;
	}
	if (want < buf->len + more + 1)
		want = buf->len + more + 1;
	char *data = realloc(buf->cap ? buf->data : NULL, want);
	if (!data) {
		buf->failed = true;
		return CK_ENOMEM;
	}
	if (!buf->cap)
		data[0] = '\0';
	buf->data = data;
	buf->cap = want;
	return 0;
}

int ck_buf_add(struct ck_buf *buf, const void *data, size_t len)
{
	if (ck_buf_reserve(buf, len) < 0)
		return CK_ENOMEM;
	if (len)
		memcpy(buf->data + buf->len, data, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
	return 0;
}

int ck_buf_adds(struct ck_buf *buf, const char *text)
{
	return ck_buf_add(buf, text, strlen(text));
}

int ck_buf_addc(struct ck_buf *buf, char c)
{
	return ck_buf_add(buf, &c, 1);
}

int ck_buf_addf(struct ck_buf *buf, const char *fmt, ...)
{
	va_list args, again;
	va_start(args, fmt);
	va_copy(again, args);
	int len = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (len < 0 || ck_buf_reserve(buf, (size_t)len) < 0) {
		va_end(again);
		buf->failed = true;
		return CK_ENOMEM;
	}
	(void)vsnprintf(buf->data + buf->len, (size_t)len + 1, fmt, again);
	va_end(again);
	buf->len += (size_t)len;
	return 0;
}

void ck_buf_reset(struct ck_buf *buf)
{
	buf->len = 0;
	if (buf->cap)
		buf->data[0] = '\0';
	buf->failed = false;
}

char *ck_buf_take(struct ck_buf *buf)
{
	char *taken = NULL;
	if (!buf->failed && ck_buf_reserve(buf, 0) == 0) {
		taken = buf->data;
		*buf = (struct ck_buf)CK_BUF_INIT;
	}
	ck_buf_fini(buf);
	return taken;
}

void ck_buf_fini(struct ck_buf *buf)
{
	if (buf->cap)
		free(buf->data);
	*buf = (struct ck_buf)CK_BUF_INIT;
}

int ck_strv_addm(struct ck_strv *v, char *s)
{
	if (!s)
		return CK_ENOMEM;
	if (v->n + 1 >= v->cap) {
		size_t cap = v->cap ? v->cap * 2 : 8;
		char **items = realloc(v->items, cap * sizeof *items);
		if (!items) {
			free(s);
			return CK_ENOMEM;
		}
		v->items = items;
		v->cap = cap;
	}
	v->items[v->n++] = s;
	v->items[v->n] = NULL;
	return 0;
}

int ck_buf_add_word(struct ck_buf *buf, const char *text)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789_@%+=:,./-";
	if (*text && text[strspn(text, plain)] == '\0')
		return ck_buf_adds(buf, text);
	(void)ck_buf_addc(buf, '\'');
	for (; *text; text++)
		(void)ck_buf_adds(buf, *text == '\'' ? "'\\''" : (char[2]){*text, '\0'});
	return ck_buf_addc(buf, '\'');
}

int ck_strv_add(struct ck_strv *v, const char *s)
{
	return ck_strv_addm(v, strdup(s));
}

int ck_strv_copy(struct ck_strv *v, const struct ck_strv *from)
{
	for (size_t i = 0; i < from->n; i++) {
		if (ck_strv_add(v, from->items[i]) < 0)
			return CK_ENOMEM;
	}
	return 0;
}

bool ck_strv_has(const struct ck_strv *v, const char *s)
{
	for (size_t i = 0; i < v->n; i++) {
		if (strcmp(v->items[i], s) == 0)
			return true;
	}
	return false;
}

void ck_strv_fini(struct ck_strv *v)
{
	for (size_t i = 0; i < v->n; i++)
		free(v->items[i]);
	free(v->items);
	*v = (struct ck_strv){0};
}
