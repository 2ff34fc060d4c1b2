/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "select/natural.h"
#include <cyrkeep/select.h>

/* A server in memory. */
struct world {
	struct ck_server server;
	struct ck_partition partitions[3];
	struct arena *arena;
};

static char default_name[] = "default", slow_name[] = "slow", meta_name[] = "meta",
	    host_name[] = "mx";

static void world_init(struct world *w, size_t mailboxes)
{
	*w = (struct world){.arena = arena_new()};
	w->partitions[0] = (struct ck_partition){.name = default_name, .kind = CK_PARTITION_DATA};
	w->partitions[1] = (struct ck_partition){.name = meta_name, .kind = CK_PARTITION_META};
	w->partitions[2] = (struct ck_partition){.name = slow_name, .kind = CK_PARTITION_DATA};
	w->server = (struct ck_server){.host = host_name,
	                               .separator = '/',
	                               .partitions = w->partitions,
	                               .npartitions = 3,
	                               .mailboxes = ck_alloc(mailboxes, sizeof(struct ck_mailbox))};
	assert_non_null(w->server.mailboxes);
}

static void world_fini(struct world *w)
{
	free(w->server.mailboxes);
	arena_free(w->arena);
}

static struct ck_mailbox *add(struct world *w, const char *name, uint32_t partition)
{
	struct ck_mailbox *m = &w->server.mailboxes[w->server.nmailboxes++];
	const char *kept = arena_str(w->arena, name);
	*m = (struct ck_mailbox){.name = kept,
	                         .intname = kept,
	                         .uniqueid = "",
	                         .acl = "",
	                         .special = "",
	                         .partition = partition,
	                         .messages = 1,
	                         .bytes = 100,
	                         .head = CK_HEAD_OK};
	if (strncmp(name, "user/", 5) == 0)
		m->user = kept + 5;
	if (strncmp(name, "DELETED/", 8) == 0)
		m->flags = CK_MBOX_DELAYED;
	return m;
}

static struct ck_tree *build(struct world *w)
{
	struct ck_tree *tree = NULL;
	struct ck_err err = CK_ERR_INIT;
	assert_ok(ck_tree_build(&w->server, &tree, &err), &err);
	return tree;
}

/* The node at "default/users/anne/Sent", by labels with '|' between. */
static uint32_t find(const struct ck_tree *tree, const char *path)
{
	uint32_t node = 0;
	while (*path) {
		size_t len = strcspn(path, "|");
		for (node = tree->nodes[node].first_child; node != CK_NODE_NONE;
		     node = tree->nodes[node].next_sibling)
			if (strlen(tree->nodes[node].label) == len &&
			    strncmp(tree->nodes[node].label, path, len) == 0)
				break;
		if (node == CK_NODE_NONE)
			fail_msg("no node at '%s'", path);
		path += len + (path[len] == '|');
	}
	return node;
}

/* Labels of the children, separated by '|'. */
static void assert_children(const struct ck_tree *tree, const char *path, const char *want)
{
	struct ck_buf got = CK_BUF_INIT;
	for (uint32_t i = tree->nodes[find(tree, path)].first_child; i != CK_NODE_NONE;
	     i = tree->nodes[i].next_sibling)
		ck_buf_addf(&got, "%s%s", got.len ? "|" : "", tree->nodes[i].label);
	assert_string_equal(got.data, want);
	ck_buf_fini(&got);
}

/* Everything that must hold for any tree, whatever its boxes. */
static void assert_sound(const struct ck_tree *tree)
{
	struct sums {
		uint32_t mailboxes, ticked;
		uint64_t messages, bytes, messages_ticked, bytes_ticked;
	} *sums = ck_alloc(tree->n, sizeof(*sums));
	uint8_t *seen = ck_alloc(tree->server->nmailboxes + 1, 1);
	assert_non_null(sums);
	assert_non_null(seen);
	for (size_t i = tree->n; i-- > 0;) {
		const struct ck_node *n = &tree->nodes[i];
		struct sums *s = &sums[i];
		if (n->mailbox != CK_NODE_NONE) {
			const struct ck_mailbox *m = &tree->server->mailboxes[n->mailbox];
			bool on = tree->on[n->mailbox];
			assert_int_equal(seen[n->mailbox]++, 0);
			s->mailboxes++;
			s->ticked += on;
			s->messages += m->messages;
			s->bytes += m->bytes;
			s->messages_ticked += on ? m->messages : 0;
			s->bytes_ticked += on ? m->bytes : 0;
		}
		if (n->mailboxes != s->mailboxes || n->ticked != s->ticked ||
		    n->messages != s->messages || n->bytes != s->bytes ||
		    n->messages_ticked != s->messages_ticked || n->bytes_ticked != s->bytes_ticked)
			fail_msg("node %zu '%s' counts wrong", i, n->label);
		if (i == 0)
			break;
		assert_true(n->parent < i);
		const struct ck_node *parent = &tree->nodes[n->parent];
		assert_int_equal(n->depth, parent->depth + 1);
		assert_true(n->next_sibling == CK_NODE_NONE ||
		            tree->nodes[n->next_sibling].parent == n->parent);
		struct sums *p = &sums[n->parent];
		p->mailboxes += s->mailboxes;
		p->ticked += s->ticked;
		p->messages += s->messages;
		p->bytes += s->bytes;
		p->messages_ticked += s->messages_ticked;
		p->bytes_ticked += s->bytes_ticked;
	}
	free(sums);
	free(seen);
}

static void names_are_ordered_as_people_count(void **state)
{
	(void)state;
	static const char *const sorted[] = {"",
	                                     "2",
	                                     "10",
	                                     "A",
	                                     "a",
	                                     "b1",
	                                     "b01",
	                                     "b2",
	                                     "b10",
	                                     "b10a",
	                                     "b10b2",
	                                     "b10b10",
	                                     "F2",
	                                     "f3",
	                                     "f10",
	                                     "f99999999999999999999",
	                                     "f100000000000000000000",
	                                     "\xc3\xa9"};
	for (size_t i = 0; i < CK_COUNT(sorted); i++)
		for (size_t k = 0; k < CK_COUNT(sorted); k++) {
			int order = natural_compare(sorted[i], sorted[k]);
			if (strcmp(sorted[i], "b1") == 0 && strcmp(sorted[k], "b01") == 0)
				continue; /* equal numbers: any order, but a fixed one */
			if (strcmp(sorted[k], "b1") == 0 && strcmp(sorted[i], "b01") == 0)
				continue;
			if ((order > 0) - (order < 0) != (i > k) - (i < k))
				fail_msg("'%s' against '%s' is %d", sorted[i], sorted[k], order);
		}
	assert_true(natural_compare("b1", "b01") * natural_compare("b01", "b1") < 0);
}

static void small_world(struct world *w)
{
	world_init(w, 32);
	add(w, "DELETED/user/anne/Old/5F00", 0);
	add(w, "public", 0);
	add(w, "public/quarantine", 0);
	add(w, "public/quarantine/a", 0);
	add(w, "user/anne", 0);
	add(w, "user/anne/Archive", 2);
	/* The plain byte order of old databases tears a subtree apart: '-' comes before '/'. */
	add(w, "user/anne-marie", 0);
	add(w, "user/anne/Drafts", 0)->special = "\\Drafts";
	add(w, "user/anne/INBOX", 0);
	add(w, "user/anne/Zed/f10", 0);
	add(w, "user/anne/Zed/f2", 0);
	add(w, "user/anne/\xc3\x84rger", 0);
	add(w, "user/anne/abc", 0);
	add(w, "user/remote", UINT32_MAX)->flags = CK_MBOX_REMOTE;
	add(w, "user/between", UINT32_MAX)->flags = CK_MBOX_INTERMEDIATE;
	add(w, "user/u10", 0);
	add(w, "user/u2", 0);
}

static void the_tree_has_partitions_classes_and_names(void **state)
{
	(void)state;
	struct world w;
	small_world(&w);
	struct ck_tree *t = build(&w);
	assert_sound(t);
	assert_children(t, "", "configuration|default|slow");
	assert_children(t, "default", "users|shared|deleted");
	assert_children(t, "slow", "users");
	assert_children(t, "default|users", "anne|anne-marie|u2|u10");
	assert_children(t, "default|users|anne", "INBOX|Drafts|abc|Zed|\xc3\x84rger");
	assert_children(t, "default|users|anne|Zed", "f2|f10");
	assert_children(t, "slow|users", "anne");
	assert_children(t, "default|shared|public", "quarantine");
	assert_children(t, "default|deleted", "user");

	assert_int_equal(t->nodes[0].kind, CK_NODE_ROOT);
	assert_string_equal(t->nodes[0].label, "mx");
	assert_int_equal(t->nodes[0].mailboxes, 15);
	assert_int_equal(t->nodes[0].bytes, 1500);
	uint32_t zed = find(t, "default|users|anne|Zed"), anne = find(t, "default|users|anne");
	assert_int_equal(t->nodes[zed].mailbox, CK_NODE_NONE);
	assert_int_equal(t->nodes[zed].mailboxes, 2);
	assert_string_equal(w.server.mailboxes[t->nodes[anne].mailbox].name, "user/anne");
	assert_int_equal(t->nodes[find(t, "slow|users|anne")].mailbox, CK_NODE_NONE);
	assert_int_equal(t->nodes[find(t, "configuration")].kind, CK_NODE_CONFIG);
	assert_int_equal(t->nodes[anne].depth, 3);
	ck_tree_free(t);
	world_fini(&w);
}

static void domains_make_users_of_their_own(void **state)
{
	(void)state;
	struct world w;
	world_init(&w, 4);
	add(&w, "user/anne@a.org", 0)->intname = "a.org!user.anne";
	add(&w, "user/anne/Sent@a.org", 0)->intname = "a.org!user.anne.Sent";
	add(&w, "user/anne/Sent@b.org", 0)->intname = "b.org!user.anne.Sent";
	struct ck_tree *t = build(&w);
	assert_sound(t);
	assert_children(t, "default|users", "anne@a.org|anne@b.org");
	assert_children(t, "default|users|anne@a.org", "Sent");
	assert_int_equal(t->nodes[find(t, "default|users|anne@a.org")].mailbox, 0);

	struct ck_plan plan = {0};
	struct ck_err err = CK_ERR_INIT;
	ck_tree_set(t, find(t, "default|users|anne@a.org"), false);
	assert_ok(ck_tree_to_plan(t, &plan, &err), &err);
	assert_int_equal(plan.exclude.n, 1);
	assert_string_equal(plan.exclude.items[0], "below:user/anne@a.org");
	ck_tree_set(t, 0, true);
	ck_tree_set(t, find(t, "default|users|anne@b.org"), false);
	assert_ok(ck_tree_to_plan(t, &plan, &err), &err);
	assert_string_equal(plan.exclude.items[0], "below:user/anne@b.org");
	ck_plan_fini(&plan);
	ck_tree_free(t);
	world_fini(&w);
}

static void an_empty_server_has_a_tree_too(void **state)
{
	(void)state;
	struct world w;
	world_init(&w, 1);
	struct ck_tree *t = build(&w);
	assert_sound(t);
	assert_children(t, "", "configuration|default|slow");
	assert_int_equal(ck_tree_state(t, 0), CK_TICK_ON);
	ck_tree_set(t, 0, false);
	assert_int_equal(ck_tree_state(t, 0), CK_TICK_OFF);
	ck_tree_free(t);
	world_fini(&w);
}

static void boxes_have_three_states(void **state)
{
	(void)state;
	struct world w;
	small_world(&w);
	struct ck_tree *t = build(&w);
	uint32_t anne = find(t, "default|users|anne"), zed = find(t, "default|users|anne|Zed");
	uint32_t f2 = find(t, "default|users|anne|Zed|f2");
	uint32_t config = find(t, "configuration");
	assert_int_equal(ck_tree_state(t, 0), CK_TICK_ON);

	ck_tree_set(t, f2, false);
	assert_sound(t);
	assert_int_equal(ck_tree_state(t, f2), CK_TICK_OFF);
	assert_int_equal(ck_tree_state(t, zed), CK_TICK_PART);
	assert_int_equal(ck_tree_state(t, anne), CK_TICK_PART);
	assert_int_equal(ck_tree_state(t, 0), CK_TICK_PART);
	assert_int_equal(ck_tree_state(t, find(t, "slow")), CK_TICK_ON);
	assert_int_equal(t->nodes[0].ticked, 14);
	assert_int_equal(t->nodes[0].bytes_ticked, 1400);

	ck_tree_set(t, zed, false);
	assert_int_equal(ck_tree_state(t, zed), CK_TICK_OFF);
	ck_tree_set(t, anne, true);
	assert_sound(t);
	assert_int_equal(ck_tree_state(t, 0), CK_TICK_ON);

	ck_tree_set(t, config, false);
	assert_int_equal(ck_tree_state(t, config), CK_TICK_OFF);
	assert_int_equal(ck_tree_state(t, 0), CK_TICK_PART);
	ck_tree_set(t, 0, false);
	assert_sound(t);
	assert_int_equal(ck_tree_state(t, 0), CK_TICK_OFF);
	ck_tree_set(t, config, true);
	assert_int_equal(ck_tree_state(t, 0), CK_TICK_PART);
	ck_tree_free(t);
	world_fini(&w);
}

static void refresh_adds_up_what_was_read_since(void **state)
{
	(void)state;
	struct world w;
	small_world(&w);
	struct ck_tree *t = build(&w);
	ck_tree_set(t, find(t, "default|shared"), false);
	for (size_t i = 0; i < w.server.nmailboxes; i++)
		w.server.mailboxes[i].messages = (uint32_t)i;
	ck_tree_refresh(t);
	assert_sound(t);
	assert_int_equal(t->nodes[find(t, "default|shared")].messages, 1 + 2 + 3);
	assert_int_equal(t->nodes[find(t, "default|shared")].messages_ticked, 0);
	ck_tree_free(t);
	world_fini(&w);
}

/* The rules of a plan made from the boxes, separated by a blank. */
static void assert_rules(const struct ck_tree *t, struct ck_plan *plan, const char *want)
{
	struct ck_err err = CK_ERR_INIT;
	struct ck_buf got = CK_BUF_INIT;
	assert_ok(ck_tree_to_plan(t, plan, &err), &err);
	for (size_t i = 0; i < plan->exclude.n; i++)
		ck_buf_addf(&got, "%s%s", i ? " " : "", plan->exclude.items[i]);
	assert_string_equal(got.data, want);
	assert_int_equal(plan->select.n, 1);
	assert_string_equal(plan->select.items[0], "*");
	ck_buf_fini(&got);
}

static void boxes_become_the_shortest_rules(void **state)
{
	(void)state;
	static const struct {
		const char *node, *rules;
	} cases[] = {
		{"default|users|u2", "name:user/u2"},
		{"default|users|anne|Zed", "below:user/anne/Zed,partition:default"},
		{"default|users|anne", "below:user/anne,partition:default"},
		{"slow|users|anne", "partition:slow"}, /* all there is on it */
		{"default|shared|public|quarantine", "below:public/quarantine,partition:default"},
		{"default|shared", "below:public,partition:default"},
		{"default|users", "name:user/*,partition:default"},
		{"default|deleted", "name:DELETED/*,partition:default"},
		{"default", "partition:default"},
		{"slow", "partition:slow"},
	};
	struct world w;
	small_world(&w);
	struct ck_tree *t = build(&w);
	struct ck_plan plan = {0};
	assert_rules(t, &plan, "");
	for (size_t i = 0; i < CK_COUNT(cases); i++) {
		ck_tree_set(t, 0, true);
		ck_tree_set(t, find(t, cases[i].node), false);
		assert_rules(t, &plan, cases[i].rules);
		assert_false(plan.without_config);
	}
	ck_tree_set(t, 0, false);
	assert_rules(t, &plan, "name:*");
	assert_true(plan.without_config);
	/* The INBOX alone. */
	ck_tree_set(t, 0, true);
	ck_tree_set(t, find(t, "default|users|anne"), false);
	for (uint32_t i = t->nodes[find(t, "default|users|anne")].first_child; i != CK_NODE_NONE;
	     i = t->nodes[i].next_sibling)
		ck_tree_set(t, i, true);
	assert_rules(t, &plan, "name:user/anne");
	ck_plan_fini(&plan);
	ck_tree_free(t);
	world_fini(&w);
}

static void add_rule(struct ck_plan *plan, const char *rule)
{
	assert_int_equal(ck_strv_add(&plan->exclude, rule), 0);
}

static void rules_that_boxes_cannot_say_are_kept_first(void **state)
{
	(void)state;
	struct world w;
	small_world(&w);
	struct ck_tree *t = build(&w);
	struct ck_plan plan = {0};
	struct ck_err err = CK_ERR_INIT;
	add_rule(&plan, "name:user/u2");
	add_rule(&plan, "leaf:Sent,larger:1M,older:7d");
	add_rule(&plan, "special:\\Drafts");
	add_rule(&plan, "name:*quarantine*");
	assert_ok(ck_tree_from_plan(t, &plan, &err), &err);
	assert_sound(t);
	assert_int_equal(ck_tree_state(t, find(t, "default|users|u2")), CK_TICK_OFF);
	assert_int_equal(ck_tree_state(t, find(t, "default|users|anne|Drafts")), CK_TICK_OFF);
	assert_int_equal(t->nodes[0].ticked, 15 - 4);
	ck_tree_set(t, find(t, "default|users|u10"), false);
	assert_rules(t, &plan,
	             "leaf:Sent,larger:1M,older:7d special:\\Drafts name:*quarantine* "
	             "name:user/u2 name:user/u10");
	/* A box that is ticked again wins over the rule that left it out. */
	ck_tree_set(t, find(t, "default|users|anne|Drafts"), true);
	ck_tree_set(t, find(t, "default|shared|public|quarantine|a"), true);
	assert_rules(t, &plan,
	             "leaf:Sent,larger:1M,older:7d name:user/u2 name:user/u10 "
	             "name:public/quarantine");
	ck_plan_fini(&plan);
	ck_tree_free(t);
	world_fini(&w);
}

static void patterns_of_a_plan_tick_only_what_they_select(void **state)
{
	(void)state;
	struct world w;
	small_world(&w);
	struct ck_tree *t = build(&w);
	struct ck_plan plan = {.without_config = true};
	struct ck_err err = CK_ERR_INIT;
	assert_int_equal(ck_strv_add(&plan.select, "user/anne/*"), 0);
	assert_ok(ck_tree_from_plan(t, &plan, &err), &err);
	assert_sound(t);
	assert_int_equal(t->nodes[0].ticked, 7);
	assert_false(t->config_on);
	add_rule(&plan, "nonsense");
	assert_err(ck_tree_from_plan(t, &plan, &err), &err, CK_EUSAGE, "nonsense");
	assert_int_equal(t->nodes[0].ticked, 7);
	ck_plan_fini(&plan);
	ck_tree_free(t);
	world_fini(&w);
}

/* Names of few letters, so that prefixes, wildcards and partitions meet in every way. */
static void random_world(struct world *w, unsigned *seed)
{
	static const char *const parts[] = {"a", "b", "a*", "b%", "c,d", "e\\", "INBOX", "a b"};
	static const char *const roots[] = {"user/", "", "DELETED/user/"};
	world_init(w, 60);
	size_t n = 1 + (size_t)rand_r(seed) % 59;
	for (size_t i = 0; i < n; i++) {
		struct ck_buf name = CK_BUF_INIT;
		ck_buf_adds(&name, roots[rand_r(seed) % 3]);
		for (int k = rand_r(seed) % 4; k >= 0; k--)
			ck_buf_addf(&name, "%s%s", parts[rand_r(seed) % 8], k ? "/" : "");
		bool again = false;
		for (size_t m = 0; m < w->server.nmailboxes; m++)
			again |= strcmp(w->server.mailboxes[m].name, name.data) == 0;
		static const uint32_t places[] = {0, 0, 0, 2, UINT32_MAX};
		if (!again)
			add(w, name.data, places[rand_r(seed) % 5])->special =
				rand_r(seed) % 4 ? "" : "\\Junk";
		ck_buf_fini(&name);
	}
}

static void a_plan_brings_the_same_boxes_back(void **state)
{
	(void)state;
	unsigned seed = 42, off = 0;
	for (int round = 0; round < 3000; round++) {
		struct world w;
		struct ck_plan plan = {0}, again = {0};
		struct ck_err err = CK_ERR_INIT;
		random_world(&w, &seed);
		struct ck_tree *t = build(&w);
		if (rand_r(&seed) % 2)
			add_rule(&plan, "special:\\Junk");
		if (rand_r(&seed) % 2)
			add_rule(&plan, "name:*a%");
		assert_ok(ck_tree_from_plan(t, &plan, &err), &err);
		for (int k = rand_r(&seed) % 6; k > 0; k--)
			ck_tree_set(t, (uint32_t)rand_r(&seed) % (uint32_t)t->n,
			            rand_r(&seed) % 3 == 0);
		assert_sound(t);
		uint8_t *want = ck_alloc(w.server.nmailboxes + 1, 1);
		memcpy(want, t->on, w.server.nmailboxes);
		bool config = t->config_on;

		assert_ok(ck_tree_to_plan(t, &plan, &err), &err);
		ck_tree_set(t, 0, rand_r(&seed) % 2);
		assert_ok(ck_tree_from_plan(t, &plan, &err), &err);
		for (size_t i = 0; i < w.server.nmailboxes; i++) {
			off += !want[i];
			if (t->on[i] != want[i])
				fail_msg("round %d: '%s' was %d", round, w.server.mailboxes[i].name,
				         want[i]);
		}
		assert_int_equal(t->config_on, config);
		/* And what was written once is written the same again. */
		assert_int_equal(ck_plan_copy(&plan, &again), 0);
		assert_ok(ck_tree_to_plan(t, &again, &err), &err);
		assert_int_equal(again.exclude.n, plan.exclude.n);
		for (size_t i = 0; i < plan.exclude.n; i++)
			assert_string_equal(again.exclude.items[i], plan.exclude.items[i]);
		free(want);
		ck_plan_fini(&plan);
		ck_plan_fini(&again);
		ck_tree_free(t);
		world_fini(&w);
	}
	assert_true(off > 1000);
}

#define USERS   100000
#define FOLDERS 9

static void a_million_mailboxes_are_counted_right(void **state)
{
	(void)state;
	struct world w;
	world_init(&w, (size_t)USERS * (FOLDERS + 1));
	char name[64];
	for (int u = 0; u < USERS; u++) {
		(void)snprintf(name, sizeof name, "user/u%d", u);
		add(&w, name, u % 2 ? 2 : 0);
		for (int f = 0; f < FOLDERS; f++) {
			(void)snprintf(name, sizeof name, "user/u%d/f%d", u, f + 5);
			add(&w, name, u % 2 ? 2 : 0);
		}
	}
	struct ck_tree *t = build(&w);
	assert_int_equal(t->n, 1 + 1 + 2 + 2 + USERS * (FOLDERS + 1));
	assert_int_equal(t->nodes[0].mailboxes, 1000000);
	assert_int_equal(t->nodes[0].ticked, 1000000);
	assert_children(t, "default|users|u2", "f5|f6|f7|f8|f9|f10|f11|f12|f13");
	uint32_t first = t->nodes[find(t, "slow|users")].first_child;
	assert_string_equal(t->nodes[first].label, "u1");
	assert_string_equal(t->nodes[t->nodes[first].next_sibling].label, "u3");

	ck_tree_set(t, find(t, "slow|users|u99999|f10"), false);
	assert_int_equal(t->nodes[0].ticked, 999999);
	ck_tree_set(t, find(t, "default"), false);
	assert_int_equal(t->nodes[0].ticked, 499999);
	assert_int_equal(t->nodes[0].bytes_ticked, 49999900);
	assert_sound(t);
	struct ck_plan plan = {0};
	assert_rules(t, &plan, "partition:default name:user/u99999/f10");
	ck_tree_set(t, 0, true);
	assert_int_equal(t->nodes[0].ticked, 1000000);
	ck_plan_fini(&plan);
	ck_tree_free(t);
	world_fini(&w);
}

static void a_name_of_many_levels_is_no_danger(void **state)
{
	(void)state;
	struct world w;
	world_init(&w, 2);
	struct ck_buf name = CK_BUF_INIT;
	ck_buf_adds(&name, "user/anne");
	for (int i = 0; i < 70000; i++)
		ck_buf_adds(&name, "/a");
	add(&w, "user/anne", 0);
	add(&w, name.data, 0);
	struct ck_tree *t = build(&w);
	assert_sound(t);
	assert_int_equal(t->nodes[0].mailboxes, 2);
	struct ck_plan plan = {0};
	uint32_t deep = 0;
	while (t->nodes[deep].mailbox != 1)
		deep++;
	assert_in_range(t->nodes[deep].depth, 100, 1000);
	ck_tree_set(t, deep, false);
	struct ck_err err = CK_ERR_INIT;
	assert_ok(ck_tree_to_plan(t, &plan, &err), &err);
	assert_int_equal(plan.exclude.n, 1);
	assert_string_equal(plan.exclude.items[0], "below:user/anne/a");
	ck_plan_fini(&plan);
	ck_tree_free(t);
	ck_buf_fini(&name);
	world_fini(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_ordered_as_people_count),
		cmocka_unit_test(the_tree_has_partitions_classes_and_names),
		cmocka_unit_test(domains_make_users_of_their_own),
		cmocka_unit_test(an_empty_server_has_a_tree_too),
		cmocka_unit_test(boxes_have_three_states),
		cmocka_unit_test(refresh_adds_up_what_was_read_since),
		cmocka_unit_test(boxes_become_the_shortest_rules),
		cmocka_unit_test(rules_that_boxes_cannot_say_are_kept_first),
		cmocka_unit_test(patterns_of_a_plan_tick_only_what_they_select),
		cmocka_unit_test(a_plan_brings_the_same_boxes_back),
		cmocka_unit_test(a_million_mailboxes_are_counted_right),
		cmocka_unit_test(a_name_of_many_levels_is_no_danger),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
