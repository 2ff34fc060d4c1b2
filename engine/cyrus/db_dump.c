/* SPDX-License-Identifier: BSD-2-Clause */
/* Databases as text that people can read and programs can take apart. */
#include <string.h>

#include "cyrus/db.h"

/* How @c is written after a backslash: a letter, 'x' for hexadecimal, or 0 for as it is. */
static char escape_of(unsigned char c)
{
	switch (c) {
	case '\\':
		return '\\';
	case '\t':
		return 't';
	case '\r':
		return 'r';
	case '\n':
		return 'n';
	default:
		return c < ' ' || c == 0x7f ? 'x' : 0;
	}
}

int db_put_escaped(struct ck_buf *buf, const char *text, size_t len)
{
	size_t plain = 0; /* start of bytes not yet written */
	int r = 0;
	for (size_t i = 0; i < len && r == 0; i++) {
		unsigned char c = (unsigned char)text[i];
		char escape = escape_of(c);
		if (!escape)
			continue;
		r = ck_buf_add(buf, text + plain, i - plain);
		plain = i + 1;
		if (r == 0)
			r = escape == 'x' ? ck_buf_addf(buf, "\\x%02X", c)
			                  : ck_buf_addf(buf, "\\%c", escape);
	}
	return r < 0 ? r : ck_buf_add(buf, text + plain, len - plain);
}

int db_dump_some(struct db *db, size_t enough, struct ck_buf *ret, size_t *records,
                 struct ck_err *err)
{
	struct db_record record;
	int r = 1;
	while (ret->len < enough && (r = db_next(db, &record, err)) > 0) {
		if (db_put_escaped(ret, record.key, record.key_len) < 0 ||
		    ck_buf_addc(ret, '\t') < 0 ||
		    db_put_escaped(ret, record.value, record.value_len) < 0 ||
		    ck_buf_addc(ret, '\n') < 0)
			return ck_err_nomem(err);
		(*records)++;
	}
	return r;
}

int db_dump(struct db *db, struct ck_buf *ret, size_t *ret_records, struct ck_err *err)
{
	size_t records = 0;
	int r = db_dump_some(db, SIZE_MAX, ret, &records, err);
	if (r < 0)
		return r;
	*ret_records = records;
	return 0;
}
