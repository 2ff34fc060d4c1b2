/* SPDX-License-Identifier: BSD-2-Clause */
/* Which mailboxes of a tree are ticked. */
#include <cyrkeep/select.h>

#include <stdlib.h>
#include <string.h>

static struct ck_sum plus(struct ck_sum a, struct ck_sum b)
{
	return (struct ck_sum){a.mailboxes + b.mailboxes, a.messages + b.messages,
	                       a.bytes + b.bytes};
}

static struct ck_sum minus(struct ck_sum a, struct ck_sum b)
{
	return (struct ck_sum){a.mailboxes - b.mailboxes, a.messages - b.messages,
	                       a.bytes - b.bytes};
}

/* Room for the sums of @runs runs. */
static int reserve(struct ck_boxes *boxes, size_t runs)
{
	if (runs <= boxes->before_cap)
		return 0;
	size_t cap = runs < boxes->before_cap * 2 ? boxes->before_cap * 2 : runs;
	struct ck_sum *more = reallocarray(boxes->before, cap, sizeof(*more));
	if (!more)
		return CK_ENOMEM;
	boxes->before = more;
	boxes->before_cap = cap;
	return 0;
}

/* Add up anew from run @from on. */
static void add_up(struct ck_boxes *boxes, size_t from)
{
	const struct ck_sum *at = boxes->tree->before;
	const uint32_t *edges = boxes->ticked.edges;
	struct ck_sum sum = {0};
	if (from)
		sum = plus(boxes->before[from - 1],
		           minus(at[edges[from * 2 - 1]], at[edges[from * 2 - 2]]));
	for (size_t run = from; run < boxes->ticked.n / 2; run++) {
		boxes->before[run] = sum;
		sum = plus(sum, minus(at[edges[run * 2 + 1]], at[edges[run * 2]]));
	}
}

int ck_boxes_init(struct ck_boxes *boxes, const struct ck_tree *tree)
{
	*boxes = (struct ck_boxes){.tree = tree, .config_on = true};
	const uint32_t all[] = {0, (uint32_t)tree->mailboxes};
	const struct ck_runs part = {.edges = (uint32_t *)(uintptr_t)all, .n = 2};
	return ck_boxes_replace(boxes, 0, (uint32_t)tree->mailboxes, &part);
}

int ck_boxes_copy(const struct ck_boxes *boxes, struct ck_boxes *ret)
{
	*ret = (struct ck_boxes){.tree = boxes->tree, .config_on = boxes->config_on};
	return ck_boxes_replace(ret, 0, (uint32_t)boxes->tree->mailboxes, &boxes->ticked);
}

void ck_boxes_fini(struct ck_boxes *boxes)
{
	ck_runs_fini(&boxes->ticked);
	free(boxes->before);
	*boxes = (struct ck_boxes){0};
}

int ck_boxes_replace(struct ck_boxes *boxes, uint32_t first, uint32_t end,
                     const struct ck_runs *part)
{
	/* The runs on both sides may be cut in two. */
	if (reserve(boxes, (boxes->ticked.n + part->n) / 2 + 1) < 0 ||
	    ck_runs_replace(&boxes->ticked, first, end, part) < 0)
		return CK_ENOMEM;
	size_t rank = first ? ck_runs_rank(&boxes->ticked, first - 1) : 0;
	add_up(boxes, rank / 2);
	return 0;
}

int ck_boxes_set(struct ck_boxes *boxes, uint32_t node, bool on)
{
	const struct ck_node *n = &boxes->tree->nodes[node];
	uint32_t edges[] = {n->first, n->first + n->mailboxes};
	const struct ck_runs part = {.edges = edges, .n = on && n->mailboxes ? 2 : 0};
	int r = ck_boxes_replace(boxes, edges[0], edges[1], &part);
	if (r >= 0 && n->kind <= CK_NODE_CONFIG)
		boxes->config_on = on;
	return r;
}

/* All that is ticked before @place. */
static struct ck_sum ticked_before(const struct ck_boxes *boxes, uint32_t place)
{
	const struct ck_sum *at = boxes->tree->before;
	const uint32_t *edges = boxes->ticked.edges;
	size_t rank = ck_runs_rank(&boxes->ticked, place);
	if (rank == 0)
		return (struct ck_sum){0};
	size_t run = (rank - 1) / 2;
	uint32_t to = rank % 2 ? place : edges[run * 2 + 1];
	return plus(boxes->before[run], minus(at[to], at[edges[run * 2]]));
}

struct ck_sum ck_boxes_sum(const struct ck_boxes *boxes, uint32_t node)
{
	const struct ck_node *n = &boxes->tree->nodes[node];
	return minus(ticked_before(boxes, n->first + n->mailboxes), ticked_before(boxes, n->first));
}

/* A place without mailboxes has nothing that could be left out. */
enum ck_tick ck_boxes_state(const struct ck_boxes *boxes, uint32_t node)
{
	const struct ck_node *n = &boxes->tree->nodes[node];
	if (n->kind == CK_NODE_CONFIG || n->kind == CK_NODE_PART)
		return boxes->config_on ? CK_TICK_ON : CK_TICK_OFF;
	uint64_t ticked = ck_boxes_sum(boxes, node).mailboxes;
	bool all = ticked == n->mailboxes, none = ticked == 0 && n->mailboxes > 0;
	if (n->kind == CK_NODE_ROOT) {
		none = ticked == 0 && !boxes->config_on;
		all = all && boxes->config_on;
	}
	if (all)
		return CK_TICK_ON;
	return none ? CK_TICK_OFF : CK_TICK_PART;
}
