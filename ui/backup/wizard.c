/* SPDX-License-Identifier: BSD-2-Clause */
#include "backup/wizard.h"

#include <stdlib.h>
#include <string.h>

#include "loop/app.h"
#include "words/fmt.h"

static void pump(struct ui_wizard *w);

/** What is known is of another plan. */
static void outdate(struct ui_wizard *w)
{
	w->generation++;
	w->est_known = false;
	w->est_err = (struct ck_err)CK_ERR_INIT;
	if (w->est_watch)
		w->est_watch->cancel = true;
	w->est_watch = NULL;
	ui_defaults_outdate(w);
}

/* --- beginning: what is saved --------------------------------------------------------- */

struct begin_arg {
	const struct ck_settings *settings;
	struct ck_settings saved;
	bool has_draft;
	struct ck_plan draft;
	int64_t draft_saved;
	struct ck_err draft_err;
};

static int begin(void *data, struct ck_watch *watch, struct ck_err *err)
{
	struct begin_arg *arg = data;
	const struct ck_settings *s = arg->settings;
	const struct ck_overrides over = {.imapd_conf = s->imapd_conf, .state = s->state};
	(void)watch;
	int r = ck_draft_load(s, &arg->draft, &arg->draft_saved, &arg->draft_err);
	arg->has_draft = r == 0;
	if (r == CK_ENOTFOUND)
		arg->draft_err = (struct ck_err)CK_ERR_INIT;
	return ck_settings_load(s->file, &over, &arg->saved, err);
}

static void begin_done(void *owner, void *data, int r, const struct ck_err *err)
{
	struct ui_wizard *w = owner;
	struct begin_arg *arg = data;
	w->begun = true;
	if (r == 0) {
		w->saved = arg->saved;
		arg->saved = (struct ck_settings){0};
	} else {
		ui_app_fail(w->app, "The saved plans cannot be read", err);
	}
	if (arg->has_draft) {
		w->plan = arg->draft;
		arg->draft = (struct ck_plan){0};
		w->draft_saved = arg->draft_saved;
		ui_app_say(w->app, UI_SAY_INFO, "Draft of %s is taken up again; F8 starts over",
		           ui_fmt_date(w->draft_saved, ui_app_now(w->app)).s);
	} else {
		if (arg->draft_err.code)
			ui_app_say(w->app, UI_SAY_WARN, "The draft cannot be used: %s",
			           arg->draft_err.msg);
		const struct ck_plan *first = w->saved.nplans ? &w->saved.plans[0] : NULL;
		if (first && ck_plan_copy(first, &w->plan) < 0)
			w->plan = (struct ck_plan){0};
	}
	w->plan_ahead = true;
	pump(w);
	ui_app_news(w->app);
}

static void begin_free(void *data)
{
	struct begin_arg *arg = data;
	ck_settings_fini(&arg->saved);
	ck_plan_fini(&arg->draft);
	free(arg);
}

/** Of the next tree. */
static enum ck_grouping grouping(const struct ui_wizard *w)
{
	return ui_app_house(w->app)->grouping;
}

/* --- making boxes and plan one -------------------------------------------------------- */

struct merge_arg {
	struct ui_server *server;
	enum ck_grouping grouping;
	const struct ck_tree *tree; /**< For the boxes; NULL: built, and then the same as that. */
	struct ck_tree *built;
	uint32_t follow, followed;
	struct ck_runs ruled; /**< As in struct ui_missing. */
	int64_t now;
	struct ck_plan plan;
	struct ck_boxes boxes;
	bool from_boxes; /**< They are ahead. */
	unsigned generation;
	const struct ck_settings *settings; /**< Also keep the draft; or NULL. */
};

/** Boxes of the wanted tree, as the plan says. */
static int merge_boxes(struct merge_arg *arg, struct ck_watch *watch, struct ck_err *err)
{
	if (!arg->tree) {
		int r = ck_tree_build(arg->server->server, arg->grouping, &arg->built, err);
		if (r < 0)
			return r;
		arg->tree = arg->built;
	}
	for (uint32_t i = 0; arg->follow != CK_NODE_NONE && i < arg->tree->n; i++)
		if (arg->tree->nodes[i].mailbox == arg->follow)
			arg->followed = i;
	if (ck_boxes_init(&arg->boxes, arg->tree) < 0)
		return ck_err_nomem(err);
	int r = ck_boxes_from_plan(&arg->boxes, &arg->plan, err);
	if (r < 0)
		return r;
	r = ui_estimate_ruled(arg->tree, &arg->plan, arg->now, watch, &arg->ruled, err);
	if (r != CK_EUSAGE && r != CK_EGATE)
		return r;
	*err = (struct ck_err)CK_ERR_INIT; /* nothing is selected: the estimate says why */
	return CK_OK;
}

static int merge(void *data, struct ck_watch *watch, struct ck_err *err)
{
	struct merge_arg *arg = data;
	if (!arg->from_boxes)
		return merge_boxes(arg, watch, err);
	int r = ck_boxes_to_plan(&arg->boxes, &arg->plan, err);
	return r < 0 || !arg->settings ? r : ck_draft_save(arg->settings, &arg->plan, err);
}

static void take_boxes(struct ui_wizard *w, struct merge_arg *arg)
{
	if (w->tree != arg->tree)
		outdate(w);
	ui_missing_fini(&w->missing);
	w->missing.ruled = arg->ruled;
	arg->ruled = (struct ck_runs){0};
	if (arg->built)
		arg->server->trees[arg->grouping] = CK_STEAL(arg->built);
	w->followed = w->server == arg->server ? arg->followed : CK_NODE_NONE;
	w->follow = CK_NODE_NONE;
	ui_boxes_take(&w->boxes, &arg->boxes);
	w->tree = w->boxes.now.tree;
	ui_server_ref(arg->server);
	ui_server_unref(w->server);
	w->server = arg->server;
	w->plan_ahead = false;
}

static void take_rules(struct ui_wizard *w, struct merge_arg *arg)
{
	ck_strv_fini(&w->plan.select);
	ck_strv_fini(&w->plan.exclude);
	w->plan.select = arg->plan.select;
	w->plan.exclude = arg->plan.exclude;
	arg->plan.select = arg->plan.exclude = (struct ck_strv){0};
	w->plan.without_config = arg->plan.without_config;
	w->plan.without_secrets = arg->plan.without_secrets;
	w->boxes_ahead = false;
}

/** What failed once is tried again when the plan or the server is another. */
static void refuse(struct ui_wizard *w, struct ui_server *server)
{
	ui_server_ref(server);
	ui_server_unref(w->refused);
	w->refused = server;
}

static void merge_done(void *owner, void *data, int r, const struct ck_err *err)
{
	struct ui_wizard *w = owner;
	struct merge_arg *arg = data;
	bool current = arg->generation == w->generation;
	w->working = false;
	if (current && r < 0) {
		w->plan_err = *err;
		w->plan_ahead = w->boxes_ahead = false;
		refuse(w, arg->server);
	} else if (current && arg->from_boxes) {
		take_rules(w, arg);
	} else if (current && !(arg->built && arg->server->trees[arg->grouping])) {
		take_boxes(w, arg);
	}
	pump(w);
	ui_app_news(w->app);
}

static void merge_free(void *data)
{
	struct merge_arg *arg = data;
	ck_boxes_fini(&arg->boxes);
	ck_runs_fini(&arg->ruled);
	ck_tree_free(arg->built);
	ck_plan_fini(&arg->plan);
	ui_server_unref(arg->server);
	free(arg);
}

static struct merge_arg *new_merge(struct ui_wizard *w, struct ui_server *server, bool from_boxes)
{
	struct merge_arg *arg = ck_alloc(1, sizeof *arg);
	if (!arg || ck_plan_copy(&w->plan, &arg->plan) < 0 ||
	    (from_boxes && ck_boxes_copy(&w->boxes.now, &arg->boxes) < 0)) {
		if (arg)
			merge_free(arg);
		return NULL;
	}
	arg->server = ui_server_ref(server);
	arg->grouping = grouping(w);
	arg->tree = server->trees[arg->grouping];
	arg->follow = w->follow;
	arg->followed = CK_NODE_NONE;
	arg->now = ui_app_now(w->app);
	arg->generation = w->generation;
	arg->from_boxes = from_boxes;
	return arg;
}

static void start_merge(struct ui_wizard *w, struct ui_server *server, bool from_boxes)
{
	static const struct ui_task_kind kind = {merge, merge_done, merge_free};
	struct merge_arg *arg = new_merge(w, server, from_boxes);
	w->plan_err = (struct ck_err)CK_ERR_INIT;
	if (!arg)
		(void)ck_err_nomem(&w->plan_err);
	else
		w->working = ui_task_start(w->app, &kind, w, arg, NULL, &w->plan_err) == 0;
	if (w->plan_err.code) { /* said instead of tried for ever */
		w->plan_ahead = w->boxes_ahead = false;
		refuse(w, server);
	}
}

/* --- the draft ------------------------------------------------------------------------ */

struct draft_arg {
	const struct ck_settings *settings;
	struct ck_plan plan;
	bool remove;
};

static int save_draft(void *data, struct ck_watch *watch, struct ck_err *err)
{
	struct draft_arg *arg = data;
	(void)watch;
	if (arg->remove)
		return ck_draft_remove(arg->settings, err);
	return ck_draft_save(arg->settings, &arg->plan, err);
}

static void draft_done(void *owner, void *data, int r, const struct ck_err *err)
{
	struct ui_wizard *w = owner;
	(void)data;
	w->draft_saving = false;
	if (r < 0)
		ui_app_say(w->app, UI_SAY_WARN, "The draft is not kept: %s", err->msg);
	pump(w);
}

static void draft_free(void *data)
{
	struct draft_arg *arg = data;
	ck_plan_fini(&arg->plan);
	free(arg);
}

static struct draft_arg *new_draft(const struct ui_wizard *w)
{
	struct draft_arg *arg = ck_alloc(1, sizeof *arg);
	if (!arg || (!w->ended && ck_plan_copy(&w->plan, &arg->plan) < 0)) {
		free(arg);
		return NULL;
	}
	arg->settings = ui_app_settings(w->app);
	arg->remove = w->ended;
	return arg;
}

static void start_draft(struct ui_wizard *w)
{
	static const struct ui_task_kind kind = {save_draft, draft_done, draft_free};
	struct draft_arg *arg = new_draft(w);
	w->draft_ahead = false;
	if (arg)
		w->draft_saving = ui_task_start(w->app, &kind, w, arg, NULL, NULL) == 0;
}

/** The wizard is being closed: what was not written yet is written by a task that outlives it. */
static void leave_draft(struct ui_wizard *w)
{
	static const struct ui_task_kind draft = {save_draft, NULL, draft_free};
	static const struct ui_task_kind both = {merge, NULL, merge_free};
	if (w->boxes_ahead && !w->ended) {
		struct merge_arg *arg = new_merge(w, w->server, true);
		if (arg) {
			arg->settings = ui_app_settings(w->app);
			(void)ui_task_start(w->app, &both, w->app, arg, NULL, NULL);
		}
	} else if (w->draft_ahead) {
		struct draft_arg *arg = new_draft(w);
		if (arg)
			(void)ui_task_start(w->app, &draft, w->app, arg, NULL, NULL);
	}
}

/* --- one after the other -------------------------------------------------------------- */

/** Start what is due; every end of a task comes here again. */
static void pump(struct ui_wizard *w)
{
	struct ui_house *h = ui_app_house(w->app);
	if (!w->begun)
		return;
	if (!w->working && w->boxes_ahead)
		start_merge(w, w->server, true);
	else if (!w->working && h->server &&
	         (w->plan_ahead || (w->server != h->server && w->refused != h->server) ||
	          (w->tree && w->tree->grouping != h->grouping && !w->plan_err.code)))
		start_merge(w, h->server, false);
	if (w->working || w->boxes_ahead || w->plan_ahead)
		return;
	if (w->tree && !w->plan_err.code && !w->est_known && !w->est_watch && !w->est_err.code)
		ui_estimate_start(w);
	ui_defaults_start(w);
	if (w->draft_ahead && !w->draft_saving)
		start_draft(w);
}

void ui_wizard_news(struct ui_wizard *w)
{
	pump(w);
}

void ui_wizard_changed(struct ui_wizard *w)
{
	w->draft_ahead = true;
	w->ended = false;
	pump(w);
}

void ui_wizard_regroup(struct ui_wizard *w, enum ck_grouping grouping, uint32_t mailbox)
{
	ui_app_house(w->app)->grouping = grouping;
	w->follow = mailbox;
	pump(w);
}

void ui_wizard_boxes_changed(struct ui_wizard *w)
{
	outdate(w);
	w->boxes_ahead = true;
	ui_wizard_changed(w);
}

void ui_wizard_rules_changed(struct ui_wizard *w)
{
	outdate(w);
	w->plan_ahead = true;
	ui_missing_fini(&w->missing);
	ui_boxes_forget(&w->boxes);
	ui_wizard_changed(w);
}

bool ui_wizard_may_tick(const struct ui_wizard *w)
{
	return w->tree && !w->plan_ahead;
}

bool ui_wizard_may_rule(const struct ui_wizard *w)
{
	return w->begun && !w->boxes_ahead;
}

bool ui_wizard_is_settled(const struct ui_wizard *w)
{
	return w->tree && w->est_known && !w->boxes_ahead && !w->plan_ahead && !w->working;
}

bool ui_wizard_is_counting(const struct ui_wizard *w)
{
	return w->boxes_ahead || w->plan_ahead || w->working || w->est_watch;
}

void ui_wizard_end(struct ui_wizard *w)
{
	w->ended = true;
	w->draft_ahead = true;
	w->draft_saved = 0;
	pump(w);
}

/* --- answers -------------------------------------------------------------------------- */

static const struct ck_plan *saved_plan(const struct ui_wizard *w, const char *name)
{
	for (size_t i = 0; name && i < w->saved.nplans; i++)
		if (strcmp(w->saved.plans[i].name, name) == 0)
			return &w->saved.plans[i];
	return NULL;
}

bool ui_wizard_take_plan(struct ui_wizard *w, const char *name)
{
	static const struct ck_plan everything;
	const struct ck_plan *from = name ? saved_plan(w, name) : &everything;
	struct ck_plan copy;
	if (!from || ck_plan_copy(from, &copy) < 0)
		return false;
	ck_plan_fini(&w->plan);
	w->plan = copy;
	w->boxes_ahead = false;
	ui_wizard_rules_changed(w);
	ui_wizard_end(w);
	return true;
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same_list(const struct ck_strv *a, const struct ck_strv *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->items[i], b->items[i]) != 0)
			return false;
	return true;
}

static bool takes_all(const struct ck_strv *select)
{
	return select->n == 0 || (select->n == 1 && strcmp(select->items[0], "*") == 0);
}

bool ui_wizard_is_edited(const struct ui_wizard *w)
{
	const struct ck_plan *p = &w->plan, *was = saved_plan(w, p->name);
	static const struct ck_plan everything;
	if (!was)
		was = &everything;
	if (w->boxes_ahead)
		return true;
	return !same_text(p->method, was->method) || !same_text(p->driver, was->driver) ||
	       !same_text(p->destination, was->destination) ||
	       !same_list(&p->exclude, &was->exclude) || !same_list(&p->keep, &was->keep) ||
	       p->without_config != was->without_config ||
	       p->without_secrets != was->without_secrets ||
	       (!same_list(&p->select, &was->select) &&
	        !(takes_all(&p->select) && takes_all(&was->select)));
}

const char *ui_wizard_method(const struct ui_wizard *w)
{
	return w->plan.method ? w->plan.method : "stop"; /* as the command line does */
}

int ui_wizard_set(struct ui_wizard *w, char **text, const char *value)
{
	char *copy = strdup(value);
	if (!copy)
		return CK_ENOMEM;
	free(*text);
	*text = copy;
	ui_wizard_changed(w);
	return CK_OK;
}

int ui_wizard_left_out(const struct ui_wizard *w, uint32_t mailbox,
                       const struct ck_estimate_mailbox **ret_taken)
{
	size_t lo = 0, hi = w->est_known ? w->est.nmailboxes : 0;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (w->est.mailboxes[mid].mailbox < mailbox)
			lo = mid + 1;
		else
			hi = mid;
	}
	bool found =
		w->est_known && lo < w->est.nmailboxes && w->est.mailboxes[lo].mailbox == mailbox;
	if (ret_taken)
		*ret_taken = found ? &w->est.mailboxes[lo] : NULL;
	return found ? w->est.mailboxes[lo].left_out : 0;
}

/* --- from start to end ---------------------------------------------------------------- */

int ui_wizard_open(struct ui_app *app, struct ui_wizard **ret, struct ck_err *err)
{
	static const struct ui_task_kind kind = {begin, begin_done, begin_free};
	struct ui_wizard *w = ck_alloc(1, sizeof *w);
	struct begin_arg *arg = ck_alloc(1, sizeof *arg);
	if (!w || !arg) {
		free(w);
		free(arg);
		return ck_err_nomem(err);
	}
	w->app = app;
	w->follow = w->followed = CK_NODE_NONE;
	arg->settings = ui_app_settings(app);
	int r = ui_task_start(app, &kind, w, arg, NULL, err);
	if (r < 0) {
		free(w);
		return r;
	}
	*ret = w;
	return CK_OK;
}

void ui_wizard_close(struct ui_wizard *w)
{
	if (!w)
		return;
	leave_draft(w);
	ui_defaults_release(w);
	ui_task_drop(w->app, w);
	ck_settings_fini(&w->saved);
	ck_plan_fini(&w->plan);
	ui_boxes_fini(&w->boxes);
	ui_server_unref(w->server);
	ui_server_unref(w->refused);
	ui_rules_history_fini(&w->rules_history);
	ui_connected_fini(&w->connected);
	ui_missing_fini(&w->missing);
	free(w->rules);
	free(w->nothing.guess);
	free(w);
}
