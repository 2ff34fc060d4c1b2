/* SPDX-License-Identifier: BSD-2-Clause */
/** The rows of Home: figures in fixed columns, counted from the right end. */
#include <string.h>

#include "fmt.h"
#include "home.h"

static bool lies_in(const char *path, const char *dir)
{
	size_t n = strlen(dir);
	while (n > 1 && dir[n - 1] == '/')
		n--;
	return strncmp(path, dir, n) == 0 && path[n] == '/';
}

static size_t count_archives(const struct ui_house *h, const char *dir, uint64_t *ret_bytes)
{
	size_t n = 0;
	*ret_bytes = 0;
	for (size_t i = 0; i < h->narchives; i++) {
		if (h->archives[i].path && h->archives[i].present &&
		    lies_in(h->archives[i].path, dir)) {
			*ret_bytes += h->archives[i].bytes;
			n++;
		}
	}
	return n;
}

void ui_home_draw_now(const struct ui_home *m, struct ui_canvas *c, int y, size_t i)
{
	const struct ui_house *h = m->house;
	const struct ck_job *j = &h->jobs[i];
	bool live = j->job == h->live_job && h->progress.bytes_total;
	uint64_t part = live ? h->progress.bytes_done : (uint64_t)j->percent;
	uint64_t whole = live ? h->progress.bytes_total : 100;
	ui_putf(c, y, 1, 6, UI_ROLE_NORMAL, "%u", j->job);
	ui_bar(c, y, 7, 22, part, whole);
	ui_put_right(c, y, 29, 5, UI_ROLE_NORMAL, UI_TEXT, ui_fmt_percent(part, whole).s);
	ui_putf(c, y, 36, c->at.w - 36, UI_ROLE_NORMAL, "%s, %s  %s", ck_job_state_name(j->state),
	        ck_phase_name(j->phase), j->title ? j->title : "");
}

void ui_home_draw_partition(const struct ui_home *m, struct ui_canvas *c, int y, size_t i)
{
	const struct ui_server *s = m->house->server;
	const struct ck_partition *p = &s->server->partitions[i];
	int w = c->at.w, bar = w - 43;
	ui_put(c, y, 1, 9, UI_ROLE_NORMAL, UI_NAME | UI_CUT_MIDDLE, p->name);
	ui_put(c, y, 11, bar - 12, UI_ROLE_NORMAL, UI_NAME | UI_CUT_MIDDLE, p->path);
	if (!p->present) {
		ui_put(c, y, bar, w - bar, UI_ROLE_ERROR, UI_TEXT, "cannot be read");
		return;
	}
	uint64_t full =
		p->size_bytes - (p->free_bytes < p->size_bytes ? p->free_bytes : p->size_bytes);
	ui_bar(c, y, bar, 13, full, p->size_bytes);
	ui_put_right(c, y, bar + 13, 5, UI_ROLE_NORMAL, UI_TEXT,
	             ui_fmt_percent(full, p->size_bytes).s);
	ui_put_right(c, y, w - 20, 7, UI_ROLE_NORMAL, UI_TEXT,
	             ui_fmt_size(s->partitions[i].bytes).s);
	ui_put_right(c, y, w - 12, 11, UI_ROLE_NORMAL, UI_TEXT,
	             ui_fmt_count_short(s->partitions[i].messages).s);
}

static void put_result(struct ui_canvas *c, int y, int x, int w, const struct ck_job *j)
{
	const struct ck_report *r = &j->report;
	if (j->state == CK_JOB_DEAD)
		ui_put(c, y, x, w, UI_ROLE_ERROR, UI_TEXT, "FAIL worker gone");
	else if (j->result == CK_RESULT_OK)
		ui_put(c, y, x, w, UI_ROLE_OK, UI_TEXT, "ok");
	else if (j->result == CK_RESULT_FINDINGS)
		ui_putf(c, y, x, w, UI_ROLE_WARN, "%s finding%s", ui_fmt_count(r->findings).s,
		        r->findings == 1 ? "" : "s");
	else if (j->result == CK_RESULT_CANCELLED)
		ui_put(c, y, x, w, UI_ROLE_WARN, UI_TEXT, "cancelled");
	else
		ui_putf(c, y, x, w, UI_ROLE_ERROR, "FAIL %s", r->error ? r->error : "");
}

void ui_home_draw_backup(const struct ui_home *m, struct ui_canvas *c, int y, size_t i)
{
	const struct ck_job *j = &m->house->jobs[i];
	const struct ck_report *r = &j->report;
	int w = c->at.w;
	bool made = r->archive != 0;
	ui_put(c, y, 1, 17, UI_ROLE_NORMAL, UI_TEXT, ui_fmt_day(j->started_ms / 1000, m->now).s);
	ui_putf(c, y, 19, 6, UI_ROLE_NORMAL, "%5u", j->job);
	ui_put(c, y, 26, 6, UI_ROLE_NORMAL, UI_TEXT, r->kind);
	ui_putf(c, y, 34, 3, UI_ROLE_NORMAL, "%c", made ? ui_worst_grade(r->grades) : '-');
	put_result(c, y, 40, w - 27 - 40, j);
	ui_put_right(c, y, w - 26, 7, UI_ROLE_NORMAL, UI_TEXT,
	             made ? ui_fmt_size(r->bytes_written).s : "-");
	if (j->ended_ms > j->started_ms)
		ui_put_right(c, y, w - 18, 8, UI_ROLE_NORMAL, UI_TEXT,
		             ui_fmt_duration(j->ended_ms - j->started_ms).s);
	ui_put_right(c, y, w - 9, 8, UI_ROLE_NORMAL, UI_TEXT, ui_fmt_span(r->downtime_ms).s);
}

void ui_home_draw_destination(const struct ui_home *m, struct ui_canvas *c, int y, size_t i)
{
	const struct ui_house *h = m->house;
	const struct ck_destination *d = &m->settings->destinations[i];
	uint64_t bytes;
	size_t n = count_archives(h, d->path, &bytes);
	int w = c->at.w;
	ui_put(c, y, 1, 9, UI_ROLE_NORMAL, UI_NAME | UI_CUT_MIDDLE, d->name);
	ui_put(c, y, 11, w - 11 - 26, UI_ROLE_NORMAL, UI_NAME | UI_CUT_MIDDLE, d->path);
	if (!h->archives_known)
		ui_put_right(c, y, w - 25, 24, UI_ROLE_DIM, UI_TEXT, "...");
	else
		ui_putf(c, y, w - 25, 24, UI_ROLE_NORMAL, "%7s archive%s, %6s", ui_fmt_count(n).s,
		        n == 1 ? "" : "s", ui_fmt_size(bytes).s);
}
