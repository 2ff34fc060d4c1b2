/* SPDX-License-Identifier: BSD-2-Clause */
/** The rows of Home: figures in fixed columns, counted from the right end. */
#include <stdio.h>
#include <string.h>

#include "home/home.h"
#include "words/fmt.h"

void ui_home_draw_now(const struct ui_home *m, struct ui_canvas *c, int y, size_t i)
{
	const struct ui_house *h = m->house;
	const struct ck_job *j = &h->jobs[i];
	uint64_t part = (uint64_t)ui_house_percent(h, j);
	ui_putf(c, y, 1, 6, UI_ROLE_NORMAL, "%u", j->job);
	ui_bar(c, y, 7, 22, part, 100);
	ui_put_right(c, y, 29, 5, UI_ROLE_NORMAL, UI_TEXT, ui_fmt_percent(part, 100).s);
	ui_putf(c, y, 36, c->at.w - 36, UI_ROLE_NORMAL, "%s, %s  %s", ck_job_state_name(j->state),
	        ck_phase_name(j->phase), j->title ? j->title : "");
}

/** At which width a column has no room any more; figures are dropped whole, never cut. */
#define BAR_FROM  66
#define TOOK_FROM 66
#define KIND_FROM 78

void ui_home_title_partitions(struct ui_canvas *c, int y, const char *imapd_conf, bool focus)
{
	static const char word[] = "Partitions of ";
	char title[160];
	int w = c->at.w, width = (int)sizeof word - 1 + ui_text_width(imapd_conf, UI_NAME);
	bool fits = width < w - 38 && strlen(imapd_conf) < sizeof title - sizeof word;
	snprintf(title, sizeof title, "%s%s", word, imapd_conf);
	ui_title(c, y, fits ? title : "Partitions", focus);
	ui_title_right(c, y, w - 25, "used");
	ui_title_right(c, y, w - 14, "mail");
	ui_title_right(c, y, w - 2, "messages");
}

void ui_home_draw_partition(const struct ui_home *m, struct ui_canvas *c, int y, size_t i)
{
	const struct ui_server *s = m->house->server;
	const struct ck_partition *p = &s->server->partitions[i];
	int w = c->at.w, bar = w >= BAR_FROM ? w - 43 : w - 30;
	ui_put(c, y, 1, 9, UI_ROLE_NORMAL, UI_NAME | UI_CUT_MIDDLE, p->name);
	ui_put(c, y, 11, bar - 12, UI_ROLE_NORMAL, UI_NAME | UI_CUT_MIDDLE, p->path);
	if (!p->present) {
		ui_put(c, y, bar, w - bar, UI_ROLE_ERROR, UI_TEXT, "cannot be read");
		return;
	}
	uint64_t free_bytes = p->free_bytes < p->size_bytes ? p->free_bytes : p->size_bytes;
	uint64_t full = p->size_bytes - free_bytes;
	if (w >= BAR_FROM)
		ui_bar(c, y, bar, 13, full, p->size_bytes);
	ui_put_right(c, y, w - 30, 5, UI_ROLE_NORMAL, UI_TEXT,
	             ui_fmt_percent(full, p->size_bytes).s);
	ui_put_right(c, y, w - 21, 7, UI_ROLE_NORMAL, UI_TEXT,
	             ui_fmt_size(s->partitions[i].bytes).s);
	ui_put_right(c, y, w - 13, 11, UI_ROLE_NORMAL, UI_TEXT,
	             ui_fmt_count_short(s->partitions[i].messages).s);
}

/** Has the archive of this backup been found damaged since? */
static bool is_damaged(const struct ui_house *h, const struct ck_job *j)
{
	for (size_t i = 0; j->report.archive && i < h->narchives; i++)
		if (h->archives[i].number == j->report.archive)
			return ui_house_damage(h, &h->archives[i]) != NULL;
	return false;
}

/** "2 findings", or "look" where that has no room: no figure is cut. */
static void put_findings(struct ui_canvas *c, int y, int x, int w, uint64_t n)
{
	struct ui_fmt text = ui_fmt_things(n, "finding");
	ui_put(c, y, x, w, UI_ROLE_WARN, UI_TEXT,
	       ui_text_width(text.s, UI_TEXT) > w ? "look" : text.s);
}

static void put_result(const struct ui_house *h, struct ui_canvas *c, int y, int x, int w,
                       const struct ck_job *j)
{
	const struct ck_report *r = &j->report;
	if (j->state == CK_JOB_DEAD)
		ui_put(c, y, x, w, UI_ROLE_ERROR, UI_TEXT, "FAIL died");
	else if (is_damaged(h, j))
		ui_put(c, y, x, w, UI_ROLE_ERROR, UI_TEXT, "DAMAGED since");
	else if (j->result == CK_RESULT_OK)
		ui_put(c, y, x, w, UI_ROLE_OK, UI_TEXT, "ok");
	else if (j->result == CK_RESULT_FINDINGS)
		put_findings(c, y, x, w, r->findings);
	else if (j->result == CK_RESULT_CANCELLED)
		ui_put(c, y, x, w, UI_ROLE_WARN, UI_TEXT, "cancelled");
	else
		ui_putf(c, y, x, w, UI_ROLE_ERROR, "FAIL %s", r->error ? r->error : "");
}

/** Where the columns of a backup stand, in so many cells. */
struct columns {
	int kind;          /**< -1: no room. */
	int grade, result; /**< They begin here; the others are ends. */
	int result_w;
	int written, took, down; /**< took -1: no room. */
};

static struct columns columns_of(int w)
{
	struct columns at = {.kind = w >= KIND_FROM ? 26 : -1, .down = w - 2};
	at.grade = at.kind < 0 ? 28 : 34;
	at.result = at.grade + 6;
	at.took = w >= TOOK_FROM ? w - 10 : -1;
	at.written = at.took < 0 ? w - 10 : w - 19;
	at.result_w = at.written - 7 - at.result;
	return at;
}

void ui_home_title_backups(struct ui_canvas *c, int y)
{
	struct columns at = columns_of(c->at.w);
	ui_title_right(c, y, 24, "job");
	if (at.kind >= 0)
		ui_title_right(c, y, at.kind + 4, "kind");
	ui_title_right(c, y, at.grade + 3, "grade");
	ui_title_right(c, y, at.result + 6, "result");
	ui_title_right(c, y, at.written, "new");
	if (at.took >= 0)
		ui_title_right(c, y, at.took, "took");
	ui_title_right(c, y, at.down, "down");
}

void ui_home_draw_backup(const struct ui_home *m, struct ui_canvas *c, int y, size_t i)
{
	const struct ck_job *j = &m->house->jobs[i];
	const struct ck_report *r = &j->report;
	struct columns at = columns_of(c->at.w);
	bool made = r->archive != 0;
	ui_put(c, y, 1, 17, UI_ROLE_NORMAL, UI_TEXT, ui_fmt_day(j->started_ms / 1000, m->now).s);
	ui_putf(c, y, 19, 6, UI_ROLE_NORMAL, "%5u", j->job);
	if (at.kind >= 0)
		ui_put(c, y, at.kind, 6, UI_ROLE_NORMAL, UI_TEXT, r->kind);
	ui_putf(c, y, at.grade, 3, UI_ROLE_NORMAL, "%c", made ? ui_worst_grade(r->grades) : '-');
	put_result(m->house, c, y, at.result, at.result_w, j);
	ui_put_right(c, y, at.written - 7, 7, UI_ROLE_NORMAL, UI_TEXT,
	             made ? ui_fmt_size(r->bytes_written).s : "-");
	if (at.took >= 0 && j->ended_ms > j->started_ms)
		ui_put_right(c, y, at.took - 8, 8, UI_ROLE_NORMAL, UI_TEXT,
		             ui_fmt_duration(j->ended_ms - j->started_ms).s);
	ui_put_right(c, y, at.down - 8, 8, UI_ROLE_NORMAL, UI_TEXT,
	             j->state == CK_JOB_DEAD ? "?" : ui_fmt_took(r->downtime_ms).s);
}

/** At the right end: what is free there, or that it cannot be used. @return cells. */
static int draw_room(const struct ui_house *h, struct ui_canvas *c, int y, size_t i)
{
	const struct ui_house_destination *d = i < h->ndestinations ? &h->destinations[i] : NULL;
	char text[48] = "...";
	bool low = d && d->size_bytes && d->free_bytes < d->size_bytes / 20;
	enum ui_role role = !d ? UI_ROLE_DIM : low ? UI_ROLE_WARN : UI_ROLE_NORMAL;
	if (d && d->err.code)
		role = UI_ROLE_ERROR;
	if (d)
		snprintf(text, sizeof text, d->err.code ? "cannot be used" : "%s free",
		         ui_fmt_size(d->free_bytes).s);
	ui_put_right(c, y, c->at.w - 16, 15, role, UI_TEXT, text);
	return 16;
}

void ui_home_draw_destination(const struct ui_home *m, struct ui_canvas *c, int y, size_t i)
{
	const struct ui_house *h = m->house;
	const struct ck_destination *d = &m->settings->destinations[i];
	uint64_t bytes;
	size_t n = ui_house_archives_in(h, d->path, &bytes, NULL);
	int w = c->at.w;
	w -= w >= TOOK_FROM ? draw_room(h, c, y, i) : 0;
	ui_put(c, y, 1, 9, UI_ROLE_NORMAL, UI_NAME | UI_CUT_MIDDLE, d->name);
	ui_put(c, y, 11, w - 11 - 26, UI_ROLE_NORMAL, UI_NAME | UI_CUT_MIDDLE, d->path);
	if (!h->archives_known)
		ui_put_right(c, y, w - 25, 24, UI_ROLE_DIM, UI_TEXT, "...");
	else if (h->archives_err.code)
		ui_put_right(c, y, w - 25, 24, UI_ROLE_ERROR, UI_TEXT, "cannot be read");
	else
		ui_putf(c, y, w - 25, 24, UI_ROLE_NORMAL, "%7s archive%s, %6s", ui_fmt_count(n).s,
		        n == 1 ? "" : "s", ui_fmt_size(bytes).s);
}
