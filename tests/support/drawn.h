/* SPDX-License-Identifier: BSD-2-Clause */
/** A list drawn without a screen: into eleven rows of forty cells. */
#ifndef TESTS_DRAWN_H
#define TESTS_DRAWN_H

#include "widgets/list.h"

/** Row @y of it; owned. */
char *drawn_row(const struct ui_list *l, int y);

void expect_drawn(const struct ui_list *l, int y, const char *want);

#endif
