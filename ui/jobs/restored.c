/* SPDX-License-Identifier: BSD-2-Clause */
#include "jobs/restored.h"

#include <stdio.h>

#include "words/fmt.h"

enum column {
	COL_NAME,
	COL_BEFORE,
	COL_ADDED,
	COL_NOW,
	COL_ARCHIVE,
	COL_SAME,
};

const struct ui_column ui_restored_columns[] = {
	{"Mailbox", 0, 20, false, 0, true},
	{"before", 8, 0, true, 2, true},
	{"added", 8, 0, true, 0, true},
	{"now", 8, 0, true, 3, true},
	{"archive", 8, 0, true, 1, true},
	{"same as archive", 16, 0, false, 0, true},
	{0},
};

static int64_t figure(const struct ck_restored *r, enum column column)
{
	return column == COL_BEFORE    ? r->before
	       : column == COL_ADDED   ? r->added
	       : column == COL_NOW     ? r->now
	       : column == COL_ARCHIVE ? r->archive
	                               : r->lacking;
}

static void value(const void *ctx, size_t row, int column, char *buf, size_t size,
                  struct ui_value *ret)
{
	const struct ck_restored *r = &((const struct ui_job *)ctx)->restored[row];
	int64_t n = figure(r, (enum column)column);
	ret->text = buf;
	if (column == COL_NAME) {
		ret->text = r->mailbox;
		ret->flags = UI_NAME | UI_CUT_MIDDLE;
	} else if (column < COL_SAME) {
		snprintf(buf, size, "%s", n < 0 ? "-" : ui_fmt_count_short((uint64_t)n).s);
		ret->role = column == COL_ADDED && n > 0 ? UI_ROLE_NEW : UI_ROLE_NORMAL;
	} else if (r->lacking > 0) {
		snprintf(buf, size, "%s missing", ui_fmt_count((uint64_t)r->lacking).s);
		ret->role = UI_ROLE_WARN;
	} else {
		ret->text = r->now < 0 ? "taken, not read" : "yes, by GUID";
		ret->role = r->now < 0 ? UI_ROLE_NORMAL : UI_ROLE_OK;
	}
}

static void sort_by(const void *ctx, size_t row, int column, struct ui_sort *ret)
{
	const struct ck_restored *r = &((const struct ui_job *)ctx)->restored[row];
	if (column == COL_NAME)
		*ret = (struct ui_sort){.text = r->mailbox, .natural = true};
	else
		ret->number = ui_sort_signed(figure(r, (enum column)column));
}

const struct ui_list_ops ui_restored_ops = {.value = value, .sort = sort_by};
