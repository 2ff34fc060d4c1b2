/* SPDX-License-Identifier: BSD-2-Clause */
/** How long Cyrus will be down, in words. */
#ifndef UI_FORECAST_H
#define UI_FORECAST_H

#include <cyrkeep/job.h>

#include "words/fmt.h"

/** "about 4 min", "perhaps 4 min" where nothing was measured, "less than 1 s", "not known yet" */
struct ui_fmt ui_forecast(const struct ck_forecast *f);

/** A sentence about what the forecast for @bytes rests on; appended. */
void ui_forecast_why(const struct ck_forecast *f, uint64_t bytes, struct ck_buf *ret);

#endif
