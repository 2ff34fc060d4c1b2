/* SPDX-License-Identifier: BSD-2-Clause */
#include "words/forecast.h"

#include <stdio.h>

struct ui_fmt ui_forecast(const struct ck_forecast *f)
{
	struct ui_fmt text = {"not known yet"};
	if (f->downtime_ms >= 1000)
		snprintf(text.s, sizeof text.s, "%s %.20s",
		         f->source == CK_FORECAST_GUESS ? "perhaps" : "about",
		         ui_fmt_span(f->downtime_ms).s);
	else if (f->downtime_ms >= 0)
		snprintf(text.s, sizeof text.s, "less than 1 s");
	return text;
}

void ui_forecast_why(const struct ck_forecast *f, uint64_t bytes, struct ck_buf *ret)
{
	switch (f->source) {
	case CK_FORECAST_NONE:
		(void)ck_buf_adds(ret, "How long it will take is not known yet.");
		break;
	case CK_FORECAST_LAST:
		(void)ck_buf_addf(ret,
		                  "The forecast is for %s, after the last backup here by this "
		                  "method.",
		                  ui_fmt_size(bytes).s);
		break;
	case CK_FORECAST_CUT:
		(void)ck_buf_addf(ret,
		                  "The forecast is for %s, at the %s a second of a backup that did "
		                  "not come to its end.",
		                  ui_fmt_size(bytes).s, ui_fmt_size(f->bytes_per_s).s);
		break;
	case CK_FORECAST_GUESS:
		(void)ck_buf_addf(ret,
		                  "An estimate for %s at a cautious %s a second; the "
		                  "next backup here measures it.",
		                  ui_fmt_size(bytes).s, ui_fmt_size(f->bytes_per_s).s);
		break;
	}
}
