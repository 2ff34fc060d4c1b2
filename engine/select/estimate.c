/* SPDX-License-Identifier: BSD-2-Clause */
#include <cyrkeep/select.h>

#include <stdlib.h>
#include <string.h>

#include "select/records.h"
#include "select/ruleset.h"

/* What one estimate works with. */
struct work {
	const struct ck_server *server;
	const struct ck_strv *patterns;
	struct ruleset rules;
	const uint32_t *hits; /* Rules whose mailbox terms hold for the mailbox at hand. */
	size_t nhits;
	int64_t now;
	bool *pattern_hit; /* Per pattern: it selected something. */
	struct ck_estimate est;
};

static void work_fini(struct work *w)
{
	ruleset_fini(&w->rules);
	free(w->pattern_hit);
	ck_estimate_fini(&w->est);
}

static int prepare(struct work *w, const struct ck_plan *plan, struct ck_err *err)
{
	size_t n = plan->exclude.n;
	w->pattern_hit = ck_alloc(w->patterns->n + 1, sizeof(*w->pattern_hit));
	w->est.rules = ck_alloc(n + 1, sizeof(*w->est.rules));
	w->est.mailboxes = ck_alloc(w->server->nmailboxes + 1, sizeof(*w->est.mailboxes));
	if (!w->pattern_hit || !w->est.rules || !w->est.mailboxes)
		return ck_err_nomem(err);
	w->est.nrules = n;
	int r = ruleset_open(&plan->exclude, &w->rules, err);
	for (size_t i = 0; r == 0 && i < n; i++) { /* what would it catch? */
		w->est.rules[i].off = w->rules.rules[i].off;
		w->rules.rules[i].off = false;
	}
	return r;
}

static bool is_selected(struct work *w, const struct ck_mailbox *m)
{
	bool selected = w->patterns->n == 0;
	if (m->flags & (CK_MBOX_INTERMEDIATE | CK_MBOX_REMOTE))
		return false;
	for (size_t i = 0; i < w->patterns->n; i++) {
		if (selected && w->pattern_hit[i])
			continue;
		if (ck_pattern_match(w->patterns->items[i], m->name, w->server->separator))
			selected = w->pattern_hit[i] = true;
	}
	return selected;
}

/* A rule is about to count what the rule with the number @first, an earlier one, has already; or
 * none has, 0. */
static void compare_with_earlier(struct ck_rule_effect *effect, uint32_t first)
{
	bool fresh = effect->mailboxes == 0 && effect->messages == 0;
	if (fresh)
		effect->by = first;
	else if (effect->by != first)
		effect->by = effect->by && first ? CK_RULES_SEVERAL : 0;
}

/* Which rules concern the mailbox? Sets left_out. @return whether its messages must be looked at.
 */
static bool apply_to_mailbox(struct work *w, const struct ck_mailbox *m,
                             struct ck_estimate_mailbox *est)
{
	bool look = false;
	w->nhits = ruleset_match(&w->rules, w->server, m, &w->hits);
	for (size_t k = 0; k < w->nhits; k++) {
		uint32_t i = w->hits[k];
		if (!ck_rule_is_whole(&w->rules.rules[i])) {
			look = true;
			continue;
		}
		struct ck_rule_effect *effect = &w->est.rules[i];
		compare_with_earlier(effect, (uint32_t)est->left_out);
		if (!est->left_out && !effect->off)
			est->left_out = (int)i + 1;
		effect->mailboxes++;
		effect->messages += m->messages;
		effect->bytes += m->bytes;
	}
	return look;
}

/* Count one message for every rule that catches it; @counted: per hit. @return whether one does
 * that is on. */
static bool apply_to_message(struct work *w, const struct index_record *record, bool *counted)
{
	bool caught = false;
	uint32_t first = 0;
	for (size_t k = 0; k < w->nhits; k++) {
		uint32_t i = w->hits[k];
		const struct ck_rule *rule = &w->rules.rules[i];
		struct ck_rule_effect *effect = &w->est.rules[i];
		bool whole = ck_rule_is_whole(rule);
		if (!whole &&
		    !ck_rule_matches_message(rule, record->size, record->internaldate, w->now))
			continue;
		if (!whole) {
			compare_with_earlier(effect, first);
			caught |= !effect->off;
			if (!effect->messages || record->internaldate < effect->oldest)
				effect->oldest = record->internaldate;
			effect->mailboxes += !counted[k];
			effect->messages++;
			effect->bytes += record->size;
			counted[k] = true;
		}
		if (!first && !effect->off)
			first = i + 1;
	}
	return caught;
}

/*
 * Size and age are known to the index alone. One that cannot be read catches nothing: then the
 * mailbox is taken whole, and the copy itself reports what is wrong with it.
 */
static int apply_to_messages(struct work *w, const struct ck_mailbox *m,
                             struct ck_estimate_mailbox *est)
{
	CK_CLEANUP(index_fini) struct index index = {0};
	CK_FREE bool *counted = ck_alloc(w->nhits, sizeof(*counted));
	if (!counted)
		return CK_ENOMEM;
	int r = records_read(w->server, m, &index);
	if (r < 0)
		return r == CK_ENOMEM ? r : 0;

	struct ck_rule_effect live = {0}, caught = {0};
	for (size_t i = 0; i < index.nrecords; i++) {
		struct index_record record;
		index_record(&index, i, &record);
		if (!index_record_is_live(&record))
			continue;
		struct ck_rule_effect *sum =
			apply_to_message(w, &record, counted) ? &caught : &live;
		sum->messages++;
		sum->bytes += record.size;
	}
	if (est->left_out)
		return 0;
	/* Of a torn index the header knows more; what the missing records say, nobody does. */
	if (index.torn && live.messages + caught.messages < m->messages) {
		est->messages = m->messages - caught.messages;
		est->bytes = m->bytes > caught.bytes ? m->bytes - caught.bytes : 0;
		return 0;
	}
	est->messages = live.messages;
	est->bytes = live.bytes;
	return 0;
}

static int estimate_mailbox(struct work *w, uint32_t number)
{
	const struct ck_mailbox *m = &w->server->mailboxes[number];
	if (!is_selected(w, m))
		return 0;
	struct ck_estimate_mailbox *est = &w->est.mailboxes[w->est.nmailboxes++];
	*est = (struct ck_estimate_mailbox){
		.mailbox = number, .messages = m->messages, .bytes = m->bytes};
	bool empty = m->head == CK_HEAD_OK && m->messages == 0;
	if (apply_to_mailbox(w, m, est) && !empty) {
		int r = apply_to_messages(w, m, est);
		if (r < 0)
			return r;
	}
	if (!est->left_out) {
		w->est.taken_mailboxes++;
		w->est.taken_messages += est->messages;
		w->est.taken_bytes += est->bytes;
	}
	return 0;
}

static int check_patterns(const struct work *w, struct ck_err *err)
{
	if (w->server->nmailboxes == 0) {
		(void)ck_err_set(err, CK_EGATE, "the server's list of mailboxes is empty");
		return ck_err_remedy(err,
		                     "an empty mailboxes.db means that it was lost; do not replace "
		                     "older archives by one of this server");
	}
	if (w->est.nmailboxes == 0 && w->patterns->n == 0)
		return ck_err_set(err, CK_EUSAGE, "there is no mailbox to select");
	for (size_t i = 0; i < w->patterns->n; i++) {
		if (w->pattern_hit[i])
			continue;
		(void)ck_err_set(err, CK_EUSAGE, "pattern '%s' selects no mailbox",
		                 w->patterns->items[i]);
		return ck_err_remedy(err, "'cyrkeep mailboxes' shows the names there are");
	}
	return 0;
}

int ck_plan_selects(const struct ck_server *server, const struct ck_plan *plan, struct ck_err *err)
{
	CK_CLEANUP(work_fini)
	struct work w = {.server = server, .patterns = &plan->select, .rules.parent = CK_BUF_INIT};
	w.pattern_hit = ck_alloc(plan->select.n + 1, sizeof *w.pattern_hit);
	if (!w.pattern_hit)
		return ck_err_nomem(err);
	for (size_t i = 0; i < server->nmailboxes; i++)
		w.est.nmailboxes += is_selected(&w, &server->mailboxes[i]);
	return check_patterns(&w, err);
}

int ck_estimate(const struct ck_server *server, const struct ck_plan *plan, int64_t now,
                struct ck_watch *watch, struct ck_estimate *ret, struct ck_err *err)
{
	CK_CLEANUP(work_fini)
	struct work w = {.server = server,
	                 .patterns = &plan->select,
	                 .rules.parent = CK_BUF_INIT,
	                 .now = now};
	int r = prepare(&w, plan, err);
	if (r < 0)
		return r;
	if (watch)
		watch->total = server->nmailboxes;
	for (uint32_t i = 0; i < server->nmailboxes; i++) {
		if (watch && watch->cancel)
			return ck_err_set(err, CK_ECANCEL, "the estimate was cancelled");
		if (estimate_mailbox(&w, i) < 0)
			return ck_err_nomem(err);
		if (watch)
			watch->done = i + 1;
	}
	r = check_patterns(&w, err);
	if (r < 0)
		return r;
	*ret = w.est;
	w.est = (struct ck_estimate){0};
	return 0;
}

void ck_estimate_fini(struct ck_estimate *est)
{
	free(est->mailboxes);
	free(est->rules);
	*est = (struct ck_estimate){0};
}
