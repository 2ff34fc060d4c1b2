/* SPDX-License-Identifier: BSD-2-Clause */
#include "backup/missing.h"

#include <stdlib.h>

#include "backup/wizard.h"

void ui_missing_fini(struct ui_missing *m)
{
	ck_runs_fini(&m->ruled);
	if (!m->holders || !--*m->holders) {
		free(m->of);
		free(m->holders);
	}
	*m = (struct ui_missing){0};
}

int ui_missing_share(struct ui_missing *m, struct ui_missing *ret)
{
	if (!m->holders) {
		m->holders = ck_alloc(1, sizeof *m->holders);
		if (!m->holders)
			return CK_ENOMEM;
		*m->holders = 1;
	}
	++*m->holders;
	*ret = *m;
	ret->ruled = (struct ck_runs){0};
	return CK_OK;
}

struct maker {
	const struct ck_tree *tree;
	const struct ck_estimate *est;
	uint32_t *at;            /**< Per mailbox of the server: its place in the estimate + 1. */
	struct ck_rule *partial; /**< Rules of size and age, */
	uint32_t *numbers;       /**< and their numbers. */
	size_t npartial, cap;
	struct ui_missing ret;
};

static void maker_fini(struct maker *k)
{
	for (size_t i = 0; i < k->npartial; i++)
		ck_rule_fini(&k->partial[i]);
	free(k->partial);
	free(k->numbers);
	free(k->at);
	ui_missing_fini(&k->ret);
}

static int prepare(struct maker *k, const struct ck_plan *plan)
{
	size_t n = plan->exclude.n;
	k->at = ck_alloc(k->tree->server->nmailboxes + 1, sizeof *k->at);
	k->partial = ck_alloc(n + 1, sizeof *k->partial);
	k->numbers = ck_alloc(n + 1, sizeof *k->numbers);
	if (!k->at || !k->partial || !k->numbers)
		return CK_ENOMEM;
	for (size_t i = 0; i < k->est->nmailboxes; i++)
		k->at[k->est->mailboxes[i].mailbox] = (uint32_t)i + 1;
	for (size_t i = 0; i < n; i++) {
		struct ck_rule *rule = &k->partial[k->npartial];
		int r = ck_rule_parse(plan->exclude.items[i], rule, NULL);
		if (r == CK_ENOMEM)
			return r;
		if (r == 0 && !ck_rule_is_whole(rule))
			k->numbers[k->npartial++] = (uint32_t)i + 1;
		else if (r == 0)
			ck_rule_fini(rule);
	}
	return CK_OK;
}

static uint32_t rule_of(const struct maker *k, const struct ck_mailbox *m)
{
	uint32_t number = 0;
	for (size_t i = 0; i < k->npartial; i++) {
		if (!ck_rule_matches_mailbox(&k->partial[i], k->tree->server, m))
			continue;
		if (number)
			return 0;
		number = k->numbers[i];
	}
	return number;
}

/** What is missing of a mailbox that is taken. */
static int add(struct maker *k, uint32_t place, const struct ck_mailbox *m,
               const struct ck_estimate_mailbox *e)
{
	struct ui_missing *ret = &k->ret;
	uint64_t messages = m->messages > e->messages ? m->messages - e->messages : 0;
	uint64_t bytes = messages && m->bytes > e->bytes ? m->bytes - e->bytes : 0;
	bool unreadable = m->head == CK_HEAD_BAD;
	if (!messages && !unreadable)
		return CK_OK;
	if (ret->n == k->cap) {
		size_t cap = k->cap ? k->cap * 2 : 64;
		struct ui_missing_of *more = reallocarray(ret->of, cap, sizeof *more);
		if (!more)
			return CK_ENOMEM;
		ret->of = more;
		k->cap = cap;
	}
	ret->of[ret->n++] = (struct ui_missing_of){place, messages ? rule_of(k, m) : 0, ret->all};
	ret->all.messages += messages;
	ret->all.bytes += bytes;
	ret->all.unreadable += unreadable;
	ret->bytes_by_rule += bytes;
	return CK_OK;
}

int ui_missing_make(const struct ck_tree *tree, const struct ck_plan *plan,
                    const struct ui_wizard_rule *rules, const struct ck_estimate *est,
                    struct ui_missing *ret)
{
	CK_CLEANUP(maker_fini) struct maker k = {.tree = tree, .est = est};
	int r = prepare(&k, plan);
	for (size_t i = 0; r == 0 && i < tree->n; i++) {
		const struct ck_node *node = &tree->nodes[i];
		uint32_t at = node->mailbox == CK_NODE_NONE ? 0 : k.at[node->mailbox];
		if (!at)
			continue;
		const struct ck_estimate_mailbox *e = &est->mailboxes[at - 1];
		const struct ck_mailbox *m = &tree->server->mailboxes[node->mailbox];
		if (!e->left_out) {
			r = add(&k, node->first, m, e);
		} else if (!rules[e->left_out - 1].by_hand) {
			k.ret.bytes_by_rule += m->bytes;
			r = ck_runs_add(&k.ret.ruled, node->first);
		}
	}
	if (r == 0) {
		*ret = k.ret;
		k.ret = (struct ui_missing){0};
	}
	return r;
}

/** The first of them at @place or behind it. */
static size_t first_from(const struct ui_missing *m, uint32_t place)
{
	size_t lo = 0, hi = m->n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (m->of[mid].place < place)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static struct ui_missing_sum before(const struct ui_missing *m, uint32_t place)
{
	size_t i = first_from(m, place);
	return i < m->n ? m->of[i].before : m->all;
}

struct ui_missing_sum ui_missing_in(const struct ui_missing *m, uint32_t first, uint32_t end)
{
	struct ui_missing_sum from = before(m, first), to = before(m, end);
	return (struct ui_missing_sum){to.messages - from.messages, to.bytes - from.bytes,
	                               to.unreadable - from.unreadable};
}

uint32_t ui_missing_rule(const struct ui_missing *m, uint32_t place)
{
	size_t i = first_from(m, place);
	return i < m->n && m->of[i].place == place ? m->of[i].rule : 0;
}
