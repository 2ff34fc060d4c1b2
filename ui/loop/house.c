/* SPDX-License-Identifier: BSD-2-Clause */
#include "loop/house.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loop/app.h"
#include "loop/follow.h"
#include "loop/probe.h"
#include "words/fmt.h"
#include "words/leftover.h"

#define READ_EVERY_MS 2000
#define READ_SHARE    20 /* long lists are read less often: at most this part of the time */

/** The house with what only this file needs. */
struct house {
	struct ui_house pub;
	struct ui_follow *follow; /**< Of the live job. */
	bool reading_server, reading_jobs, again;
	int64_t asked_ms;         /**< When a task was started last. */
	int64_t read_ms, took_ms; /**< When the lists were read last, and how long that took. */
};

static struct house *mine(struct ui_app *app)
{
	return (struct house *)ui_app_house(app);
}

struct ui_server *ui_server_ref(struct ui_server *s)
{
	if (s)
		s->refs++;
	return s;
}

static void release(void *data)
{
	struct ui_server *s = data;
	for (size_t i = 0; i < CK_GROUPINGS; i++)
		ck_tree_free(s->trees[i]);
	ck_server_close(s->server);
	free(s->partitions);
	free(s);
}

void ui_server_unref(struct ui_server *s)
{
	if (s && --s->refs == 0)
		ui_task_discard(s->app, release, s);
}

/* --- reading the server --------------------------------------------------------------- */

struct server_arg {
	struct ui_app *app;
	const struct ck_settings *settings;
	struct ui_server *result;
};

static int add_up(struct ui_server *s, struct ck_err *err)
{
	const struct ck_server *server = s->server;
	s->partitions = ck_alloc(server->npartitions + 1, sizeof *s->partitions);
	if (!s->partitions)
		return ck_err_nomem(err);
	for (size_t i = 0; i < server->nmailboxes; i++) {
		const struct ck_mailbox *m = &server->mailboxes[i];
		if (m->flags & (CK_MBOX_REMOTE | CK_MBOX_INTERMEDIATE))
			continue;
		s->mailboxes++;
		s->domains |= *ck_mailbox_domain(m) != '\0';
		s->users += (m->flags & CK_MBOX_INBOX) && !(m->flags & CK_MBOX_DELAYED);
		s->messages += m->messages;
		s->bytes += m->bytes;
		if (m->partition < server->npartitions) {
			struct ui_partition_use *p = &s->partitions[m->partition];
			p->mailboxes++;
			p->messages += m->messages;
			p->bytes += m->bytes;
		}
	}
	return CK_OK;
}

/* The plans as they are saved now. Settings that cannot be read are not the server's problem. */
static int check_plans(const struct ck_settings *s, struct ck_server *server, struct ck_err *err)
{
	const struct ck_overrides over = {.imapd_conf = s->imapd_conf, .state = s->state};
	CK_CLEANUP(ck_settings_fini) struct ck_settings now = {0};
	if (ck_settings_load(s->file, &over, &now, NULL) < 0)
		return CK_OK;
	return ck_plans_check(&now, server, err);
}

static int read_server(void *data, struct ck_watch *watch, struct ck_err *err)
{
	struct server_arg *arg = data;
	arg->result = ck_alloc(1, sizeof *arg->result);
	if (!arg->result)
		return ck_err_nomem(err);
	arg->result->refs = 1;
	arg->result->app = arg->app;
	int r = ck_server_open(arg->settings, watch, &arg->result->server, err);
	if (r == 0)
		r = ck_server_read_heads(arg->result->server, watch, err);
	if (r == 0)
		r = check_plans(arg->settings, arg->result->server, err);
	if (r == 0)
		r = ck_tree_build(arg->result->server, CK_GROUP_BY_PARTITION,
		                  &arg->result->trees[CK_GROUP_BY_PARTITION], err);
	return r < 0 ? r : add_up(arg->result, err);
}

static void server_done(void *owner, void *data, int r, const struct ck_err *err)
{
	struct house *h = owner;
	struct server_arg *arg = data;
	h->reading_server = false;
	h->pub.server_watch = NULL;
	h->pub.server_known = true;
	h->pub.server_err = *err;
	if (r == 0) {
		ui_server_unref(h->pub.server);
		h->pub.server = CK_STEAL(arg->result);
	}
	ui_app_news(arg->app);
}

static void server_free(void *data)
{
	struct server_arg *arg = data;
	ui_server_unref(arg->result);
	free(arg);
}

void ui_house_read_server(struct ui_app *app)
{
	static const struct ui_task_kind kind = {read_server, server_done, server_free};
	struct house *h = mine(app);
	struct server_arg *arg = h->reading_server ? NULL : ck_alloc(1, sizeof *arg);
	if (!arg)
		return;
	*arg = (struct server_arg){.app = app, .settings = ui_app_settings(app)};
	h->reading_server = ui_task_start(app, &kind, h, arg, &h->pub.server_watch, NULL) == 0;
}

/* --- reading jobs, archives, leftovers ------------------------------------------------ */

/** How much is asked. */
enum part {
	ONLY_UP,   /**< Whether Cyrus is up. */
	ONLY_LEFT, /**< What dead jobs left behind. */
	ALL,
};

struct jobs_arg {
	struct ui_app *app;
	const struct ck_settings *settings;
	enum part part;
	int up;
	struct lists {
		struct ck_job *jobs;
		size_t njobs;
		struct ck_archive_info *archives;
		size_t narchives;
		struct ck_leftover *leftovers;
		size_t nleftovers;
	} lists;
	struct ck_err jobs_err, archives_err;
	struct ui_house_destination *destinations;
	bool wants_start_line; /**< It is not known yet how Cyrus is started. */
	struct ck_buf start_line;
};

static void look_at_destinations(struct jobs_arg *arg)
{
	size_t n = arg->settings->ndestinations;
	arg->destinations = ck_alloc(n + 1, sizeof *arg->destinations);
	for (size_t i = 0; arg->destinations && i < n; i++) {
		struct ui_house_destination *d = &arg->destinations[i];
		struct ui_probe p = {0};
		(void)!ui_probe(arg->settings->destinations[i].path, false, &p, &d->err);
		*d = (struct ui_house_destination){p.exists, p.free_bytes, p.size_bytes, d->err};
	}
}

static int read_jobs(void *data, struct ck_watch *watch, struct ck_err *err)
{
	struct jobs_arg *arg = data;
	(void)watch;
	if (arg->part == ONLY_LEFT)
		return ck_unwind_list(arg->settings, &arg->lists.leftovers, &arg->lists.nleftovers,
		                      err);
	int up = ck_server_is_up(arg->settings, NULL);
	arg->up = up < 0 ? -1 : up;
	if (arg->part == ONLY_UP)
		return CK_OK;
	/* each failure is kept beside what it left empty */
	int r = ck_jobs_list(arg->settings, &arg->lists.jobs, &arg->lists.njobs, &arg->jobs_err);
	r = ck_archives_list(arg->settings, &arg->lists.archives, &arg->lists.narchives,
	                     &arg->archives_err);
	r = ck_unwind_list(arg->settings, &arg->lists.leftovers, &arg->lists.nleftovers, err);
	look_at_destinations(arg);
	if (up == 0 && arg->wants_start_line)
		(void)!ck_server_start_line(arg->settings, &arg->start_line, NULL);
	return r;
}

bool ui_house_is_live(const struct ck_job *j)
{
	return j->state != CK_JOB_DONE && j->state != CK_JOB_DEAD;
}

/** Watch the newest job that is under way, for the status cell. */
static void follow(struct ui_app *app, struct house *h)
{
	const struct ck_job *live = NULL;
	h->pub.nrunning = 0;
	for (size_t i = 0; i < h->pub.njobs; i++) {
		if (ui_house_is_live(&h->pub.jobs[i])) {
			live = live ? live : &h->pub.jobs[i];
			h->pub.nrunning++;
		}
	}
	uint32_t job = live ? live->job : 0;
	h->pub.paused = live && live->state == CK_JOB_PAUSED;
	if (job == h->pub.live_job)
		return;
	ui_follow_close(CK_STEAL(h->follow));
	h->pub.live_job = job;
	memset(&h->pub.progress, 0, sizeof h->pub.progress);
	if (job && ui_follow_open(app, job, &h->follow, NULL) < 0)
		h->follow = NULL; /* the list must do */
}

/** Somebody asked while it was being read. */
static void read_again(struct ui_app *app, struct house *h)
{
	if (!h->again)
		return;
	h->again = false;
	ui_house_read_jobs(app);
}

static void swap_leftovers(struct house *h, struct lists *lists)
{
	struct lists was = {.leftovers = h->pub.leftovers, .nleftovers = h->pub.nleftovers};
	h->pub.leftovers = lists->leftovers;
	h->pub.nleftovers = lists->nleftovers;
	h->pub.leftovers_known = true;
	lists->leftovers = was.leftovers;
	lists->nleftovers = was.nleftovers;
}

static void take_all(struct house *h, struct jobs_arg *arg)
{
	h->took_ms = ui_app_clock_ms(arg->app) - h->read_ms;
	swap_leftovers(h, &arg->lists);
	struct lists was = arg->lists;
	was.jobs = h->pub.jobs;
	was.njobs = h->pub.njobs;
	was.archives = h->pub.archives;
	was.narchives = h->pub.narchives;
	h->pub.jobs = arg->lists.jobs;
	h->pub.njobs = arg->lists.njobs;
	h->pub.jobs_err = arg->jobs_err;
	h->pub.jobs_known = true;
	h->pub.archives = arg->lists.archives;
	h->pub.narchives = arg->lists.narchives;
	h->pub.archives_err = arg->archives_err;
	h->pub.archives_known = true;
	free(h->pub.destinations);
	h->pub.destinations = CK_STEAL(arg->destinations);
	h->pub.ndestinations = h->pub.destinations ? arg->settings->ndestinations : 0;
	if (arg->start_line.len) {
		free(h->pub.start_line);
		h->pub.start_line = ck_buf_take(&arg->start_line);
	}
	arg->lists = was; /* and freed with the task */
	follow(arg->app, h);
}

static void jobs_done(void *owner, void *data, int r, const struct ck_err *err)
{
	struct house *h = owner;
	struct jobs_arg *arg = data;
	bool changed = arg->part != ONLY_UP || h->pub.up != arg->up;
	(void)r, (void)err;
	h->reading_jobs = false;
	if (arg->part == ONLY_LEFT)
		swap_leftovers(h, &arg->lists);
	else
		h->pub.up = arg->up;
	if (arg->part == ALL)
		take_all(h, arg);
	if (changed)
		ui_app_news(arg->app);
	read_again(arg->app, h);
}

static void release_lists(void *data)
{
	struct jobs_arg *arg = data;
	ck_jobs_free(arg->lists.jobs, arg->lists.njobs);
	ck_archives_free(arg->lists.archives, arg->lists.narchives);
	ck_leftovers_free(arg->lists.leftovers, arg->lists.nleftovers);
	ck_buf_fini(&arg->start_line);
	free(arg->destinations);
	free(arg);
}

static void jobs_free(void *data)
{
	struct jobs_arg *arg = data;
	ui_task_discard(arg->app, release_lists, arg);
}

static void read_lists(struct ui_app *app, enum part part)
{
	static const struct ui_task_kind kind = {read_jobs, jobs_done, jobs_free};
	struct house *h = mine(app);
	struct jobs_arg *arg = ck_alloc(1, sizeof *arg);
	if (!arg)
		return;
	*arg = (struct jobs_arg){.app = app,
	                         .settings = ui_app_settings(app),
	                         .part = part,
	                         .wants_start_line = !h->pub.start_line,
	                         .start_line = CK_BUF_INIT};
	h->asked_ms = ui_app_clock_ms(app);
	if (part == ALL)
		h->read_ms = h->asked_ms;
	h->reading_jobs = ui_task_start(app, &kind, h, arg, NULL, NULL) == 0;
}

void ui_house_read_jobs(struct ui_app *app)
{
	struct house *h = mine(app);
	if (h->reading_jobs)
		h->again = true;
	else
		read_lists(app, ALL);
}

void ui_house_read_leftovers(struct ui_app *app)
{
	if (!mine(app)->reading_jobs)
		read_lists(app, ONLY_LEFT);
}

/* --- the live job --------------------------------------------------------------------- */

int ui_house_fd(const struct ui_house *pub)
{
	const struct house *h = (const struct house *)pub;
	return h->follow ? ui_follow_fd(h->follow) : -1;
}

/** What an event says is newer than the list. */
static void update_live(struct house *h, const struct ck_event *ev)
{
	if (ev->kind != CK_EV_PROGRESS && !(ev->kind == CK_EV_PHASE && ev->begins))
		return;
	for (size_t i = 0; i < h->pub.njobs; i++) {
		struct ck_job *j = &h->pub.jobs[i];
		if (j->job != h->pub.live_job)
			continue;
		j->phase = ev->phase;
		if (j->state == CK_JOB_STARTING)
			j->state = CK_JOB_RUNNING;
	}
}

void ui_house_ready(struct ui_app *app)
{
	struct house *h = mine(app);
	bool ended = false;
	for (int left = 200; h->follow && left > 0; left--) { /* keys must get their turn */
		struct ck_event ev = {0};
		struct ck_err why;
		enum ui_follow_news news = ui_follow_next(h->follow, &ev, &why);
		if (news == UI_FOLLOW_READING || news == UI_FOLLOW_WAITING)
			break;
		if (news != UI_FOLLOW_EVENT) {
			ui_follow_close(CK_STEAL(h->follow));
			ended = true;
			break;
		}
		update_live(h, &ev);
		if (ev.kind == CK_EV_PROGRESS) {
			h->pub.progress = ev.progress;
			h->pub.progress_ms = ui_app_clock_ms(app);
		}
		if (ev.kind == CK_EV_PHASE && ev.phase == CK_PHASE_RELEASE && !ev.begins)
			h->pub.progress.down_ms = 0; /* it is known before the next figures */
		if (ev.kind == CK_EV_REPORT || ev.kind == CK_EV_STATE)
			ended = true;
		ck_event_fini(&ev);
	}
	if (ended)
		ui_house_read_jobs(app);
	ui_app_dirty(app);
}

void ui_house_tick(struct ui_app *app)
{
	struct house *h = mine(app);
	int64_t now = ui_app_clock_ms(app);
	if (h->reading_jobs || now - h->asked_ms < READ_EVERY_MS)
		return;
	bool often = h->pub.jobs_known && now - h->read_ms < h->took_ms * READ_SHARE;
	read_lists(app, often ? ONLY_UP : ALL);
}

int ui_house_open(struct ui_app *app, struct ui_house **ret, struct ck_err *err)
{
	(void)app;
	struct house *h = ck_alloc(1, sizeof *h);
	if (!h)
		return ck_err_nomem(err);
	h->pub.up = -1;
	*ret = &h->pub;
	return CK_OK;
}

void ui_house_close(struct ui_app *app, struct ui_house *pub)
{
	struct house *h = (struct house *)pub;
	if (!h)
		return;
	ui_task_drop(app, h);
	ui_follow_close(h->follow);
	ui_server_unref(pub->server);
	ck_jobs_free(pub->jobs, pub->njobs);
	ck_archives_free(pub->archives, pub->narchives);
	ck_leftovers_free(pub->leftovers, pub->nleftovers);
	free(pub->destinations);
	free(pub->start_line);
	free(h);
}

static bool lies_in(const char *path, const char *dir)
{
	size_t n = strlen(dir);
	while (n > 1 && dir[n - 1] == '/')
		n--;
	return strncmp(path, dir, n) == 0 && path[n] == '/';
}

size_t ui_house_archives_in(const struct ui_house *h, const char *dir, uint64_t *ret_bytes,
                            int64_t *ret_newest)
{
	size_t n = 0;
	int64_t newest = 0;
	*ret_bytes = 0;
	for (size_t i = 0; i < h->narchives; i++) {
		const struct ck_archive_info *a = &h->archives[i];
		if (!a->path || !a->present || !lies_in(a->path, dir))
			continue;
		*ret_bytes += a->bytes;
		newest = a->started > newest ? a->started : newest;
		n++;
	}
	if (ret_newest)
		*ret_newest = newest;
	return n;
}

bool ui_house_is_verify_of(const struct ck_job *j, const struct ck_archive_info *a)
{
	return j->kind == CK_JOB_VERIFY && j->state == CK_JOB_DONE &&
	       (j->report.path ? strcmp(j->report.path, a->path) == 0
	                       : j->report.archive == a->number && !a->foreign);
}

const struct ck_job *ui_house_verify(const struct ui_house *h, const struct ck_archive_info *a)
{
	for (size_t i = 0; i < h->njobs; i++)
		if (ui_house_is_verify_of(&h->jobs[i], a))
			return &h->jobs[i];
	return NULL;
}

bool ui_house_is_damage(const struct ck_job *verify)
{
	return verify &&
	       (verify->result == CK_RESULT_FINDINGS ||
	        (verify->result == CK_RESULT_FAILED && verify->report.code == CK_ECORRUPT));
}

const struct ck_job *ui_house_damage(const struct ui_house *h, const struct ck_archive_info *a)
{
	const struct ck_job *j = ui_house_verify(h, a);
	return ui_house_is_damage(j) ? j : NULL;
}

const struct ck_archive_info *ui_house_last_good(const struct ui_house *h)
{
	for (size_t i = 0; i < h->narchives; i++) {
		const struct ck_archive_info *a = &h->archives[i];
		if (a->present && !a->damaged && !a->foreign && !ui_house_damage(h, a) &&
		    (a->result == CK_RESULT_OK || a->result == CK_RESULT_FINDINGS))
			return a;
	}
	return NULL;
}

bool ui_leftover_is_down(const struct ui_house *h, const struct ck_leftover *l)
{
	return l->urgent && !l->elsewhere && h->up != 1;
}

void ui_leftover_words(const struct ui_house *h, const struct ck_leftover *l, int64_t now,
                       struct ck_buf *ret)
{
	int64_t since = l->since_ms / 1000;
	if (!l->urgent || l->elsewhere)
		ui_leftover_what(l, ret);
	else if (h->up == 1)
		(void)ck_buf_addf(ret, "Job %u stopped Cyrus at %s; it runs again", l->job,
		                  ui_fmt_date(since, now).s);
	else
		(void)ck_buf_addf(ret, "Cyrus is stopped by job %u since %s, %s", l->job,
		                  ui_fmt_date(since, now).s, ui_fmt_span((now - since) * 1000).s);
}

int ui_house_percent(const struct ui_house *h, const struct ck_job *j)
{
	const struct ck_progress *p = &h->progress;
	int percent = j->percent;
	if (j->job == h->live_job && p->bytes_total)
		percent = (int)((double)p->bytes_done / (double)p->bytes_total * 100);
	return percent > 99 ? 99 : percent;
}

static int percent_of(const struct ui_house *h)
{
	for (size_t i = 0; i < h->njobs; i++)
		if (h->jobs[i].job == h->live_job)
			return ui_house_percent(h, &h->jobs[i]);
	return 0;
}

static bool is_down_live(const struct ui_house *h)
{
	return h->live_job && h->progress.down_ms > 0;
}

/** What a dead job left stopped, or NULL. */
static const struct ck_leftover *left_down(const struct ui_house *h)
{
	for (size_t i = 0; i < h->nleftovers; i++)
		if (ui_leftover_is_down(h, &h->leftovers[i]))
			return &h->leftovers[i];
	return NULL;
}

uint32_t ui_house_stopper(const struct ui_house *h)
{
	const struct ck_leftover *l = left_down(h);
	return is_down_live(h) ? h->live_job : l ? l->job : 0;
}

struct ui_status ui_house_status(const struct ui_house *h, int64_t clock_ms, int64_t now)
{
	struct ui_status s = {.role = UI_ROLE_OK};
	const struct ck_leftover *left = left_down(h);
	if (is_down_live(h) || (h->up == 0 && left)) {
		int64_t down = is_down_live(h) ? h->progress.down_ms + (clock_ms - h->progress_ms)
		                               : now * 1000 - left->since_ms;
		snprintf(s.text, sizeof s.text, "DOWN %s", ui_fmt_duration(down > 0 ? down : 0).s);
		s.role = UI_ROLE_ALARM;
	} else if (h->up == 0) {
		snprintf(s.text, sizeof s.text, "Cyrus down");
		s.role = UI_ROLE_ERROR;
	} else if (h->up < 0) {
		snprintf(s.text, sizeof s.text, h->jobs_known ? "Cyrus ?" : "Cyrus ..");
		s.role = UI_ROLE_DIM;
	} else if (h->nrunning > 1) {
		snprintf(s.text, sizeof s.text, "up %zu jobs %d%%", h->nrunning, percent_of(h));
	} else if (h->paused) {
		snprintf(s.text, sizeof s.text, "up paused %d%%", percent_of(h));
		s.role = UI_ROLE_WARN;
	} else if (h->nrunning == 1) {
		snprintf(s.text, sizeof s.text, "Cyrus up %3d%%", percent_of(h));
	} else {
		snprintf(s.text, sizeof s.text, "Cyrus up");
	}
	return s;
}
