/* SPDX-License-Identifier: BSD-2-Clause */
#include "cyrus/imap_frame.h"

#include <string.h>
#include <strings.h>

#include "base/number.h"
#include "cyrus/imap.h"

/** Length of the digits that end @line, at most all of it. */
static size_t count_digits(const char *line, size_t len)
{
	size_t n = 0;
	while (n < len && line[len - 1 - n] >= '0' && line[len - 1 - n] <= '9')
		n++;
	return n;
}

/** Offset of the "%{" that opens a file marker whose size begins at @digits; SIZE_MAX if none. */
static size_t find_file_marker(const char *line, size_t digits)
{
	if (digits == 0 || line[digits - 1] != ' ')
		return SIZE_MAX;
	for (size_t i = digits - 1; i-- > 1;) {
		if (line[i] == '{')
			return line[i - 1] == '%' ? i - 1 : SIZE_MAX;
		if (line[i] == '}' || line[i] == '"')
			return SIZE_MAX;
	}
	return SIZE_MAX;
}

int imap_literal(const char *line, size_t len, size_t *ret_size, size_t *ret_start, bool *ret_sync,
                 struct ck_err *err)
{
	if (len < 3 || line[len - 1] != '}')
		return 0;
	size_t end = len - 1;
	bool sync = true;
	if (line[end - 1] == '+') {
		sync = false;
		end--;
	}
	size_t digits = count_digits(line, end);
	if (digits == 0 || digits == end)
		return 0;
	size_t start = end - digits;
	if (line[start - 1] == '{') {
		start--;
	} else {
		size_t file = find_file_marker(line, start);
		if (file == SIZE_MAX)
			return 0;
		sync = false;
		start = file;
	}
	uint64_t size;
	if (!number_parse(line + end - digits, digits, IMAP_RESPONSE_MAX, &size))
		return ck_err_set(err, CK_ECORRUPT, "a literal of %.*s bytes is too long",
		                  (int)(digits > 30 ? 30 : digits), line + end - digits);
	*ret_size = (size_t)size;
	if (ret_start)
		*ret_start = start;
	if (ret_sync)
		*ret_sync = sync;
	return 1;
}

/** Free text to the end of the line: no literal, whatever it looks like. */
static bool is_status(const char *data, size_t len)
{
	static const char *const words[] = {"OK", "NO", "BAD", "BYE", "PREAUTH"};
	if (len < 2 || data[0] != '*' || data[1] != ' ')
		return true; /* a tagged answer or a continuation */
	for (size_t i = 0; i < CK_COUNT(words); i++) {
		size_t n = strlen(words[i]);
		if (len > 2 + n && strncasecmp(data + 2, words[i], n) == 0 &&
		    (data[2 + n] == ' ' || data[2 + n] == '\r' || data[2 + n] == '\n'))
			return true;
	}
	return false;
}

int imap_frame(struct imap_frame *frame, const char *data, size_t len, size_t *ret_len,
               struct ck_err *err)
{
	while (frame->scanned < len) {
		const char *lf = memchr(data + frame->scanned, '\n', len - frame->scanned);
		if (!lf) {
			frame->scanned = len;
			break;
		}
		size_t next = (size_t)(lf - data) + 1, end = next - 1;
		if (end > frame->line && data[end - 1] == '\r')
			end--;
		size_t literal = 0;
		int r = is_status(data, next) ? 0
		                              : imap_literal(data + frame->line, end - frame->line,
		                                             &literal, NULL, NULL, err);
		if (r < 0)
			return r;
		if (r == 0) {
			*ret_len = next;
			return 1;
		}
		/* Behind the literal the line goes on; its bytes are not looked at. */
		frame->line = frame->scanned = next + literal;
	}
	if (frame->scanned > IMAP_RESPONSE_MAX || len > IMAP_RESPONSE_MAX)
		return ck_err_set(err, CK_ECORRUPT, "a response is longer than %zu bytes",
		                  IMAP_RESPONSE_MAX);
	return 0;
}

int imap_put_string(struct ck_buf *buf, const char *text, size_t len)
{
	bool plain = len <= 1000;
	for (size_t i = 0; i < len && plain; i++)
		plain = text[i] >= ' ' && text[i] < 127;
	if (!plain) {
		ck_buf_addf(buf, "{%zu+}\r\n", len);
		return ck_buf_add(buf, text, len);
	}
	ck_buf_addc(buf, '"');
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '"' || text[i] == '\\')
			ck_buf_addc(buf, '\\');
		ck_buf_addc(buf, text[i]);
	}
	return ck_buf_addc(buf, '"');
}
