/* SPDX-License-Identifier: BSD-2-Clause */
#include "cyrus/preview_text.h"

#include <stdlib.h>
#include <string.h>

#include <gmime/gmime.h>

#include "base/number.h"
#include "cyrus/html_text.h"
#include "cyrus/message.h"
#include "cyrus/mime.h"
#include <cyrkeep/err.h>

#define TEXT_LIMIT  ((size_t)256 << 10) /* bytes of text that are shown */
#define HTML_LIMIT  ((size_t)1 << 20)   /* bytes of HTML that are reduced to it */
#define PARTS_LIMIT 200
#define DEPTH_LIMIT 50
#define NAME_LIMIT  200 /* bytes of a file name or type in the list */

/** What a message consists of, multiparts taken apart. */
struct parts {
	GMimeObject *leaf[PARTS_LIMIT]; /**< Borrowed from the tree. */
	size_t n;
	bool more; /**< There are more, or deeper ones. */
};

static void collect(GMimeObject *object, int depth, struct parts *parts)
{
	if (!GMIME_IS_MULTIPART(object)) {
		if (parts->n == PARTS_LIMIT)
			parts->more = true;
		else
			parts->leaf[parts->n++] = object;
		return;
	}
	if (depth == DEPTH_LIMIT) {
		parts->more = true;
		return;
	}
	GMimeMultipart *multipart = GMIME_MULTIPART(object);
	for (int i = 0; i < g_mime_multipart_get_count(multipart) && !parts->more; i++)
		collect(g_mime_multipart_get_part(multipart, i), depth + 1, parts);
}

static bool is_text(GMimeObject *object, const char *subtype)
{
	GMimeContentType *type = g_mime_object_get_content_type(object);
	return GMIME_IS_PART(object) && !g_mime_part_is_attachment(GMIME_PART(object)) &&
	       g_mime_content_type_is_type(type, "text", subtype);
}

/* The part that a reader wants first, or NULL. */
static GMimeObject *best_text(const struct parts *parts)
{
	static const char *const subtypes[] = {"plain", "html", "*"};
	for (size_t s = 0; s < CK_COUNT(subtypes); s++) {
		for (size_t i = 0; i < parts->n; i++) {
			if (is_text(parts->leaf[i], subtypes[s]))
				return parts->leaf[i];
		}
	}
	return NULL;
}

/* The first @limit bytes of a part with its transfer encoding undone, and one more if there are. */
static void read_content(GMimePart *part, const char *charset, size_t limit, struct ck_buf *ret)
{
	GMimeDataWrapper *content = g_mime_part_get_content(part);
	if (!content)
		return;
	GMimeStream *stream = g_mime_stream_filter_new(g_mime_data_wrapper_get_stream(content));
	GMimeFilter *filter =
		g_mime_filter_basic_new(g_mime_data_wrapper_get_encoding(content), FALSE);
	g_mime_stream_filter_add(GMIME_STREAM_FILTER(stream), filter);
	g_object_unref(filter);
	if (charset) {
		filter = g_mime_filter_charset_new(charset, "UTF-8");
		g_mime_stream_filter_add(GMIME_STREAM_FILTER(stream), filter);
		g_object_unref(filter);
	}
	char block[8192];
	g_mime_stream_reset(stream);
	while (ret->len <= limit) {
		size_t want = limit + 1 - ret->len;
		ssize_t n = g_mime_stream_read(stream, block,
		                               want < sizeof block ? want : sizeof block);
		if (n <= 0)
			break;
		ck_buf_add(ret, block, (size_t)n);
	}
	g_object_unref(stream);
}

/* The charset to convert from; NULL where looking at the bytes tells more than the message. */
static const char *useful_charset(GMimeObject *object)
{
	static const char *const vague[] = {"us-ascii", "ascii",      "utf-8",
	                                    "utf8",     "iso-8859-1", "latin1"};
	const char *charset = g_mime_object_get_content_type_parameter(object, "charset");
	if (!charset)
		return NULL;
	for (size_t i = 0; i < CK_COUNT(vague); i++) {
		if (g_ascii_strcasecmp(charset, vague[i]) == 0)
			return NULL;
	}
	GMimeFilter *known = g_mime_filter_charset_new(charset, "UTF-8");
	if (!known)
		return NULL;
	g_object_unref(known);
	return charset;
}

/* Bytes without a character that was cut in the middle. */
static size_t whole_utf8(const char *text, size_t len)
{
	size_t tail = 0;
	while (tail < 3 && tail < len && ((unsigned char)text[len - 1 - tail] & 0xc0) == 0x80)
		tail++;
	if (tail == len || (unsigned char)text[len - 1 - tail] < 0xc0)
		return len;
	unsigned char lead = (unsigned char)text[len - 1 - tail];
	size_t wants = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
	return tail < wants ? len - 1 - tail : len;
}

/* Lines end with LF here, whatever they ended with there. */
static void add_lines(struct ck_buf *ret, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\r");
		ck_buf_add(ret, text, len);
		text += len;
		if (*text == '\r') {
			if (text[1] != '\n')
				ck_buf_addc(ret, '\r');
			text++;
		}
	}
	if (ret->len > 0 && ret->data[ret->len - 1] != '\n')
		ck_buf_addc(ret, '\n');
}

static int add_text(GMimeObject *object, struct ck_buf *ret)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf bytes = CK_BUF_INIT;
	bool html = is_text(object, "html");
	size_t limit = html ? HTML_LIMIT : TEXT_LIMIT;
	read_content(GMIME_PART(object), useful_charset(object), limit, &bytes);
	bool cut = bytes.len > limit;
	size_t len = cut ? whole_utf8(bytes.data, limit) : bytes.len;

	CK_FREE char *utf8 = mime_utf8(bytes.data, len);
	if (!utf8 || bytes.failed)
		return CK_ENOMEM;
	if (html) {
		CK_CLEANUP(ck_buf_fini) struct ck_buf reduced = CK_BUF_INIT;
		html_text(utf8, strlen(utf8), &reduced);
		cut = cut || reduced.len > TEXT_LIMIT;
		if (reduced.len > TEXT_LIMIT)
			reduced.data[whole_utf8(reduced.data, TEXT_LIMIT)] = '\0';
		add_lines(ret, reduced.data);
	} else {
		add_lines(ret, utf8);
	}
	if (cut)
		ck_buf_adds(ret, "[the text goes on]\n");
	return ret->failed ? CK_ENOMEM : 0;
}

static int add_word(struct ck_buf *ret, const char *text)
{
	size_t len = text ? strlen(text) : 0;
	if (len == 0)
		return 0;
	CK_FREE char *line = mime_plain_line(text, len > NAME_LIMIT ? NAME_LIMIT : len);
	if (!line)
		return CK_ENOMEM;
	ck_buf_addc(ret, ' ');
	return ck_buf_adds(ret, line);
}

/* Bytes of a part once its transfer encoding is undone. */
static uint64_t decoded_size(GMimePart *part)
{
	GMimeDataWrapper *content = g_mime_part_get_content(part);
	if (!content)
		return 0;
	GMimeStream *null = g_mime_stream_null_new();
	ssize_t n = g_mime_data_wrapper_write_to_stream(content, null);
	g_object_unref(null);
	return n > 0 ? (uint64_t)n : 0;
}

/* [2] application/pdf report.pdf 48.1K */
static int add_part(struct ck_buf *ret, size_t number, GMimeObject *object)
{
	char *type = g_mime_content_type_get_mime_type(g_mime_object_get_content_type(object));
	ck_buf_addf(ret, "[%zu]", number);
	int r = add_word(ret, type);
	g_free(type);
	if (GMIME_IS_PART(object)) {
		if (r == 0)
			r = add_word(ret, g_mime_part_get_filename(GMIME_PART(object)));
		ck_buf_addf(ret, " %s", figure_size(decoded_size(GMIME_PART(object))).s);
	}
	ck_buf_addc(ret, '\n');
	return r < 0 || ret->failed ? CK_ENOMEM : 0;
}

static int add_headers(const void *raw, size_t len, struct ck_buf *ret)
{
	static const char *const names[] = {"From", "To", "Cc", "Date", "Subject"};
	for (size_t i = 0; i < CK_COUNT(names); i++) {
		CK_FREE char *value = i < 3    ? message_addresses(raw, len, names[i])
		                      : i == 3 ? message_word(raw, len, names[i])
		                               : message_text(raw, len, names[i]);
		if (!value)
			return CK_ENOMEM;
		if (*value)
			ck_buf_addf(ret, "%s: %s\n", names[i], value);
	}
	ck_buf_addc(ret, '\n');
	return ret->failed ? CK_ENOMEM : 0;
}

static int add_body(GMimeObject *root, struct ck_buf *ret)
{
	struct parts parts = {.n = 0};
	if (root)
		collect(root, 0, &parts);
	GMimeObject *text = best_text(&parts);
	int r = 0;
	if (text)
		r = add_text(text, ret);
	else
		ck_buf_adds(ret, "[no text]\n");
	if (parts.n > 1 || parts.more || !text)
		ck_buf_addc(ret, '\n');
	for (size_t i = 0; r == 0 && i < parts.n; i++) {
		if (parts.leaf[i] != text)
			r = add_part(ret, i + 1, parts.leaf[i]);
	}
	if (parts.more)
		ck_buf_adds(ret, "[more parts than are listed]\n");
	return r < 0 || ret->failed ? CK_ENOMEM : 0;
}

int preview_text(const void *raw, size_t len, struct ck_buf *ret)
{
	int r = add_headers(raw, len, ret);
	if (r < 0)
		return r;
	mime_lock();
	GMimeStream *stream = g_mime_stream_mem_new_with_buffer(raw, len);
	GMimeParser *parser = g_mime_parser_new_with_stream(stream);
	/* As a part, not as a message: addresses are left alone (see message.h). */
	GMimeObject *root = g_mime_parser_construct_part(parser, NULL);
	r = add_body(root, ret);
	g_clear_object(&root);
	g_object_unref(parser);
	g_object_unref(stream);
	mime_unlock();
	return r;
}
