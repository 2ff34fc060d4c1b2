/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/drawn.h"

#include "support/test.h"

#include <stdlib.h>

char *drawn_row(const struct ui_list *l, int y)
{
	struct ui_grid g = {0};
	struct ck_buf out = CK_BUF_INIT;
	assert_int_equal(ui_grid_resize(&g, 11, 40), 0);
	struct ui_canvas c = ui_canvas_all(&g);
	ui_list_draw(l, &c);
	for (int x = 0; x < g.cols; x++)
		assert_int_equal(ui_text_add_char(&out, g.spots[y * g.cols + x].ch[0]), 0);
	ui_grid_fini(&g);
	return ck_buf_take(&out);
}

void expect_drawn(const struct ui_list *l, int y, const char *want)
{
	char *row = drawn_row(l, y);
	assert_string_equal(row, want);
	free(row);
}
