/* SPDX-License-Identifier: BSD-2-Clause */
#include "backup/boxes.h"

#include <stdlib.h>

#define STEPS_MAX 100
#define EDGES_MAX (4u << 20) /* of all steps together: 16 MB */

struct ui_boxes_step {
	struct ui_boxes_step *next;
	uint32_t first, end; /**< Places. */
	struct ck_runs part; /**< What was ticked of them. */
	bool config;
};

static void free_step(struct ui_boxes_step *step)
{
	ck_runs_fini(&step->part);
	free(step);
}

static void free_steps(struct ui_boxes_step **list)
{
	while (*list) {
		struct ui_boxes_step *next = (*list)->next;
		free_step(*list);
		*list = next;
	}
}

void ui_boxes_forget(struct ui_boxes *b)
{
	free_steps(&b->undo);
	free_steps(&b->redo);
}

void ui_boxes_fini(struct ui_boxes *b)
{
	ui_boxes_forget(b);
	ck_boxes_fini(&b->now);
}

void ui_boxes_take(struct ui_boxes *b, struct ck_boxes *now)
{
	if (b->now.tree != now->tree)
		ui_boxes_forget(b);
	ck_boxes_fini(&b->now);
	b->now = *now;
	*now = (struct ck_boxes){0};
}

/** The boxes of some places as they are now. */
static struct ui_boxes_step *remember(const struct ck_boxes *now, uint32_t first, uint32_t end)
{
	struct ui_boxes_step *step = ck_alloc(1, sizeof *step);
	if (!step || ck_runs_part(&now->ticked, first, end, &step->part) < 0) {
		free(step);
		return NULL;
	}
	step->first = first;
	step->end = end;
	step->config = now->config_on;
	return step;
}

static void push(struct ui_boxes_step **list, struct ui_boxes_step *step)
{
	step->next = *list;
	*list = step;
}

static void drop_oldest(struct ui_boxes *b)
{
	struct ui_boxes_step **at = &b->undo;
	size_t edges = 0;
	for (size_t i = 0; *at && i < STEPS_MAX; i++) {
		edges += (*at)->part.n;
		if (i > 0 && edges > EDGES_MAX)
			break;
		at = &(*at)->next;
	}
	free_steps(at);
}

/** Of the places of @node, those of @hits are to be ticked or not, the others stay. */
static int set_hits(struct ck_boxes *now, const struct ck_node *node, bool on,
                    const struct ck_runs *hits)
{
	CK_CLEANUP(ck_runs_fini) struct ck_runs part = {0}, wanted = {0};
	uint32_t first = node->first, end = first + node->mailboxes;
	if (ck_runs_join(&now->ticked, hits, on ? CK_RUNS_OR : CK_RUNS_WITHOUT, &wanted) < 0 ||
	    ck_runs_part(&wanted, first, end, &part) < 0)
		return CK_ENOMEM;
	return ck_boxes_replace(now, first, end, &part);
}

/** A change ended with @r; its @step, which may be NULL then, is kept or freed. */
static int stepped(struct ui_boxes *b, struct ui_boxes_step *step, int r)
{
	if (r < 0) {
		if (step)
			free_step(step);
		return r;
	}
	push(&b->undo, step);
	drop_oldest(b);
	free_steps(&b->redo);
	return CK_OK;
}

int ui_boxes_set(struct ui_boxes *b, uint32_t node, bool on, const struct ck_runs *hits)
{
	const struct ck_node *n = &b->now.tree->nodes[node];
	struct ui_boxes_step *step = remember(&b->now, n->first, n->first + n->mailboxes);
	int r = !step  ? CK_ENOMEM
	        : hits ? set_hits(&b->now, n, on, hits)
	               : ck_boxes_set(&b->now, node, on);
	return stepped(b, step, r);
}

int ui_boxes_turn(struct ui_boxes *b, uint32_t node, const struct ck_runs *only,
                  const struct ck_runs *ruled)
{
	CK_CLEANUP(ck_runs_fini) struct ck_runs all = {0}, theirs = {0}, off = {0};
	const struct ck_node *n = &b->now.tree->nodes[node];
	uint32_t first = n->first, end = first + n->mailboxes;
	if (n->kind == CK_NODE_CONFIG)
		return ui_boxes_set(b, node, !b->now.config_on, NULL);
	if ((only ? ck_runs_part(only, first, end, &all) : ck_runs_set(&all, first, end, true)) <
	            0 ||
	    ck_runs_join(&all, ruled, CK_RUNS_WITHOUT, &theirs) < 0)
		return CK_ENOMEM;
	const struct ck_runs *places = theirs.n ? &theirs : &all;
	if (ck_runs_join(places, &b->now.ticked, CK_RUNS_WITHOUT, &off) < 0)
		return CK_ENOMEM;
	return ui_boxes_set(b, node, off.n > 0, places);
}

int ui_boxes_invert(struct ui_boxes *b, const struct ck_runs *places)
{
	CK_CLEANUP(ck_runs_fini) struct ck_runs turned = {0};
	uint32_t end = (uint32_t)b->now.tree->mailboxes;
	struct ui_boxes_step *step = remember(&b->now, 0, end);
	int r = step ? ck_runs_join(&b->now.ticked, places, CK_RUNS_EITHER, &turned) : CK_ENOMEM;
	if (r == 0)
		r = ck_boxes_replace(&b->now, 0, end, &turned);
	return stepped(b, step, r);
}

/** Put the newest step of @from back; what it replaces goes to @to. */
static bool swap(struct ck_boxes *now, struct ui_boxes_step **from, struct ui_boxes_step **to)
{
	struct ui_boxes_step *step = *from;
	struct ui_boxes_step *was = step ? remember(now, step->first, step->end) : NULL;
	if (!was)
		return false;
	if (ck_boxes_replace(now, step->first, step->end, &step->part) < 0) {
		free_step(was);
		return false;
	}
	now->config_on = step->config;
	*from = step->next;
	free_step(step);
	push(to, was);
	return true;
}

bool ui_boxes_undo(struct ui_boxes *b)
{
	return swap(&b->now, &b->undo, &b->redo);
}

bool ui_boxes_redo(struct ui_boxes *b)
{
	return swap(&b->now, &b->redo, &b->undo);
}
