/* SPDX-License-Identifier: BSD-2-Clause */
#include "backup/review.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loop/app.h"
#include "words/fmt.h"
#include "words/forecast.h"
#include "words/sessions.h"

#define NAMES_WIDTH 44 /* in the question, behind the first column */

struct checks {
	struct ui_review_check *items;
	size_t n;
};

static void CK_PRINTF(3, 4) add(struct checks *l, enum ui_role role, const char *fmt, ...)
{
	if (l->n == UI_REVIEW_MAX)
		return;
	struct ui_review_check *c = &l->items[l->n++];
	va_list ap;
	c->role = role;
	va_start(ap, fmt);
	vsnprintf(c->text, sizeof c->text, fmt, ap);
	va_end(ap);
}

const struct ck_method *ui_review_method(const struct ui_wizard *w,
                                         const struct ui_review_facts *facts)
{
	for (size_t i = 0; i < facts->nmethods; i++)
		if (strcmp(facts->methods[i].name, ui_wizard_method(w)) == 0)
			return &facts->methods[i];
	return NULL;
}

const char *ui_review_path(const struct ui_wizard *w)
{
	const struct ck_destination *d;
	const char *name = w->plan.destination;
	if (name && *name == '/')
		return name;
	if (ck_settings_destination(ui_app_settings(w->app), name, &d, NULL) < 0)
		return NULL;
	return d->path;
}

struct ui_review_ask *ui_review_ask_new(const struct ui_wizard *w)
{
	const char *path = ui_review_path(w);
	struct ui_review_ask *arg = ck_alloc(1, sizeof *arg);
	if (!arg)
		return NULL;
	arg->settings = ui_app_settings(w->app);
	arg->path = path ? strdup(path) : NULL;
	arg->bytes_known = w->est_known && ck_plan_copy(&w->plan, &arg->plan) == 0;
	if (arg->bytes_known) {
		arg->bytes = w->est.taken_bytes;
		arg->mailboxes = w->est.taken_mailboxes;
		arg->messages = w->est.taken_messages;
	}
	return arg;
}

int ui_review_ask(void *data, struct ck_watch *watch, struct ck_err *err)
{
	struct ui_review_ask *arg = data;
	struct ui_review_facts *f = &arg->facts;
	(void)watch, (void)err;
	/* each failure is kept beside what it left empty */
	int r = ck_methods_list(arg->settings, arg->bytes, &f->methods, &f->nmethods,
	                        &f->methods_err);
	for (size_t i = 0; i < f->nmethods && !arg->bytes_known; i++)
		f->methods[i].forecast = (struct ck_forecast){.downtime_ms = -1};
	if (arg->path)
		r = ui_probe(arg->path, false, &f->probe, &f->probe_err);
	if (arg->bytes_known)
		r = ck_job_gate(arg->settings, &arg->plan, arg->mailboxes, arg->messages, &f->gate);
	(void)r;
	f->known = true;
	return CK_OK;
}

void ui_review_ask_free(void *data)
{
	struct ui_review_ask *arg = data;
	ck_methods_free(arg->facts.methods, arg->facts.nmethods);
	ck_plan_fini(&arg->plan);
	free(arg->path);
	free(arg);
}

bool ui_review_is_down(const struct ui_wizard *w)
{
	const struct ui_house *h = ui_app_house(w->app);
	return h->up == 0 && !ui_house_stopper(h);
}

void ui_review_stop(const struct ui_wizard *w, const struct ui_review_facts *facts,
                    struct ck_buf *ret)
{
	const struct ck_method *m = ui_review_method(w, facts);
	const struct ui_connected *c = &w->connected;
	int64_t limit = (int64_t)ui_app_settings(w->app)->max_downtime_s * 1000;
	if (ui_review_is_down(w)) {
		(void)ck_buf_adds(ret, "The copy is made as it lies there, and Cyrus is not "
		                       "started afterwards. Should somebody start it before the "
		                       "copy begins, it is stopped for it, and started again.");
		return;
	}
	(void)ck_buf_adds(ret, "Nobody can read or receive mail until the copy is finished.\n\n");
	if (m && m->forecast.downtime_ms >= 0)
		(void)ck_buf_addf(ret, "down for          %s\n", ui_forecast(&m->forecast).s);
	else
		(void)ck_buf_addf(ret, "down for          not known yet: the copy of %s\n",
		                  ui_fmt_size(w->est.taken_bytes).s);
	(void)ck_buf_adds(ret, "cut off now       ");
	ui_connected_count(c, ret);
	if (c->known && c->now.nusers) {
		(void)ck_buf_adds(ret, "\n                  ");
		ui_sessions_names(&c->now, NAMES_WIDTH, ret);
	}
	(void)ck_buf_addf(ret,
	                  "\nnew mail          waits at the MTA and comes in afterwards\n"
	                  "latest restart    after %s, whatever happens; then it has failed\n",
	                  ui_fmt_span(limit).s);
}

void ui_review_shrunk(const struct ui_review_facts *facts, struct ck_buf *ret)
{
	(void)ck_buf_addf(
		ret,
		"%s.\n\nA disk that is not mounted, or a damaged list of mailboxes, looks "
		"like this. Only if it was removed on purpose: the next backup is compared "
		"with this one.",
		facts->gate.msg);
}

/** What is left over on this server, and the screen that cleans it up. @return whether there is. */
static bool judge_leftover(struct checks *l, const struct ui_wizard *w)
{
	const struct ui_house *h = ui_app_house(w->app);
	CK_CLEANUP(ck_buf_fini) struct ck_buf words = CK_BUF_INIT;
	size_t i = 0;
	while (i < h->nleftovers && h->leftovers[i].elsewhere)
		i++;
	if (i == h->nleftovers)
		return false;
	ui_leftover_words(h, &h->leftovers[i], ui_app_now(w->app), &words);
	add(l, UI_ROLE_ERROR, ":unwind mends this: %s", words.data);
	return true;
}

static void judge_jobs(struct checks *l, const struct ui_wizard *w)
{
	const struct ui_house *h = ui_app_house(w->app);
	bool bad = false;
	if (!h->jobs_known) {
		add(l, UI_ROLE_DIM, "looking for other jobs");
		return;
	}
	for (size_t i = 0; i < h->njobs; i++) {
		const struct ck_job *j = &h->jobs[i];
		if (!ui_house_is_live(j) || j->kind == CK_JOB_VERIFY)
			continue;
		add(l, UI_ROLE_ERROR, "job %u works on this server: %s", j->job,
		    j->title ? j->title : "");
		bad = true;
	}
	bad |= judge_leftover(l, w);
	if (!bad)
		add(l, UI_ROLE_OK, "nothing else is running, nothing is left over");
}

static void judge_selection(struct checks *l, const struct ui_wizard *w)
{
	if (w->plan_err.code)
		add(l, UI_ROLE_ERROR, "%s", w->plan_err.msg);
	else if (w->est_err.code)
		add(l, UI_ROLE_ERROR, "%s", w->est_err.msg);
	else if (!ui_wizard_is_settled(w))
		add(l, UI_ROLE_DIM, "working out what is taken");
	else if (w->est.taken_mailboxes == 0)
		add(l, UI_ROLE_ERROR, "nothing is taken: an empty backup is not started");
	if (w->plan.without_config)
		add(l, UI_ROLE_WARN, "the configuration is left out: Start asks for a word");
	size_t nothing = 0;
	for (size_t i = 0; w->est_known && i < w->est.nrules; i++)
		nothing += w->est.rules[i].mailboxes == 0 && !w->est.rules[i].off;
	if (nothing)
		add(l, UI_ROLE_WARN, "%s catch%s nothing", ui_fmt_things(nothing, "rule").s,
		    nothing == 1 ? "es" : "");
}

static void judge_server(struct checks *l, const struct ui_wizard *w)
{
	const struct ck_server *s = w->server ? w->server->server : NULL;
	uint64_t bad = w->est_known ? w->missing.all.unreadable : 0;
	for (size_t i = 0; s && i < s->nproblems; i++)
		if (strcmp(s->problems[i].code, CK_PROBLEM_PLAN) != 0) /* saved ones; not this */
			add(l, s->problems[i].fatal ? UI_ROLE_ERROR : UI_ROLE_WARN, "%s",
			    s->problems[i].text);
	if (bad)
		add(l, UI_ROLE_WARN, "%s cannot be read well: index unreadable",
		    ui_fmt_things(bad, "mailbox").s);
}

static void judge_method(struct checks *l, const struct ui_wizard *w,
                         const struct ui_review_facts *f)
{
	const struct ck_method *m = ui_review_method(w, f);
	int64_t limit = (int64_t)ui_app_settings(w->app)->max_downtime_s * 1000;
	if (!f->known)
		add(l, UI_ROLE_DIM, "looking at method and destination");
	else if (f->methods_err.code)
		add(l, UI_ROLE_ERROR, "%s", f->methods_err.msg);
	else if (!m)
		add(l, UI_ROLE_ERROR, "no method is called '%s'", ui_wizard_method(w));
	else if (!m->possible)
		add(l, UI_ROLE_ERROR, "method %s is not possible here: %s", m->name,
		    m->reason ? m->reason : "");
	else if (m->forecast.downtime_ms > limit)
		add(l, UI_ROLE_WARN, "the downtime %s pass the limit of %s",
		    m->forecast.source == CK_FORECAST_GUESS ? "may" : "is expected to",
		    ui_fmt_span(limit).s);
	else
		add(l, UI_ROLE_OK, "Cyrus is controlled by %s", m->reason ? m->reason : m->name);
}

static void judge_destination(struct checks *l, const struct ui_wizard *w,
                              const struct ui_review_facts *f)
{
	const struct ui_probe *p = &f->probe;
	if (!ui_review_path(w))
		add(l, UI_ROLE_ERROR, "no destination is called '%s'", w->plan.destination);
	else if (!f->known)
		return;
	else if (f->probe_err.code)
		add(l, UI_ROLE_ERROR, "%s", f->probe_err.msg);
	else if (w->est_known && p->free_bytes < w->est.taken_bytes)
		add(l, UI_ROLE_WARN, "%s free at the destination, %s to copy before compression",
		    ui_fmt_size(p->free_bytes).s, ui_fmt_size(w->est.taken_bytes).s);
	else
		add(l, UI_ROLE_OK, "%s free at the destination", ui_fmt_size(p->free_bytes).s);
}

static void judge_shrinking(struct checks *l, const struct ui_wizard *w,
                            const struct ui_review_facts *f)
{
	const struct ui_house *h = ui_app_house(w->app);
	if (f->known && f->gate.code == CK_EGATE) {
		add(l, UI_ROLE_WARN, "%s: Start asks for a word", f->gate.msg);
		return;
	}
	const struct ck_archive_info *last = ui_house_last_good(h);
	if (!last || !w->est_known)
		return;
	if (w->est.taken_mailboxes < last->mailboxes)
		add(l, UI_ROLE_WARN, "%s, %s in the last archive, %u",
		    ui_fmt_things(w->est.taken_mailboxes, "mailbox").s,
		    ui_fmt_count(last->mailboxes).s, last->number);
	else
		add(l, UI_ROLE_OK, "at least as many mailboxes as in the last archive, %u",
		    last->number);
}

static int weight(enum ui_role role)
{
	return role == UI_ROLE_ERROR ? 0 : role == UI_ROLE_WARN ? 1 : role == UI_ROLE_DIM ? 2 : 3;
}

/** Errors first, otherwise as they came. */
static void order(struct checks *l)
{
	for (size_t i = 1; i < l->n; i++) {
		struct ui_review_check c = l->items[i];
		size_t at = i;
		for (; at > 0 && weight(l->items[at - 1].role) > weight(c.role); at--)
			l->items[at] = l->items[at - 1];
		l->items[at] = c;
	}
}

size_t ui_review_judge(const struct ui_wizard *w, const struct ui_review_facts *facts,
                       struct ui_review_check *ret)
{
	struct checks l = {.items = ret};
	judge_selection(&l, w);
	judge_method(&l, w, facts);
	judge_destination(&l, w, facts);
	judge_jobs(&l, w);
	judge_shrinking(&l, w, facts);
	judge_server(&l, w);
	order(&l);
	return l.n;
}
