/* SPDX-License-Identifier: BSD-2-Clause */
#include "backup/config_size.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loop/app.h"

struct look {
	struct ui_config_size *of; /* Lives as long as the page that owns the task. */
	struct ui_server *server;
	uint32_t kept;
	struct ck_default_effect kinds[CK_CONFIG_KINDS];
};

static int look(void *data, struct ck_watch *watch, struct ck_err *err)
{
	struct look *arg = data;
	return ck_config_size(arg->server->server, arg->kept, watch, arg->kinds, err);
}

static void looked(void *owner, void *data, int r, const struct ck_err *err)
{
	struct look *arg = data;
	(void)err;
	*arg->of = (struct ui_config_size){
		.server = arg->server, .kept = arg->kept, .known = r == 0, .failed = r < 0};
	memcpy(arg->of->kinds, arg->kinds, sizeof arg->kinds);
	ui_config_size_ask(arg->of, owner); /* another server may have been read */
}

static void look_free(void *data)
{
	struct look *arg = data;
	ui_server_unref(arg->server);
	free(arg);
}

void ui_config_size_ask(struct ui_config_size *c, struct ui_view *v)
{
	static const struct ui_task_kind kind = {look, looked, look_free};
	const struct ui_wizard *w = ui_wizard_of(v);
	uint32_t kept = 0;
	if (!w->server || c->asking || ck_defaults_kept(&w->plan.keep, &kept, NULL) < 0)
		return;
	if ((c->known || c->failed) && c->server == w->server && c->kept == kept)
		return;
	struct look *arg = ck_alloc(1, sizeof *arg);
	if (!arg)
		return;
	*arg = (struct look){.of = c, .server = ui_server_ref(w->server), .kept = kept};
	c->known = c->failed = false;
	c->asking = ui_task_start(v->app, &kind, v, arg, NULL, NULL) == 0;
}

/** The node's kind, or all of them. */
static struct ck_default_effect sum_of(const struct ui_config_size *c, const struct ck_tree *tree,
                                       uint32_t node)
{
	const struct ck_node *n = &tree->nodes[node];
	struct ck_default_effect sum = {0};
	for (uint32_t k = 0; k < CK_CONFIG_KINDS; k++) {
		if (n->kind == CK_NODE_PART && node != n->parent + 1 + k)
			continue;
		sum.files += c->kinds[k].files;
		sum.bytes += c->kinds[k].bytes;
	}
	return sum;
}

struct ui_fmt ui_config_size(const struct ui_config_size *c, const struct ck_tree *tree,
                             uint32_t node)
{
	static const struct ui_fmt waiting = {"..."}, unknown = {"?"};
	if (!c->known)
		return c->failed ? unknown : waiting;
	return ui_fmt_size(sum_of(c, tree, node).bytes);
}

const char *ui_config_files(const struct ui_config_size *c, const struct ck_tree *tree,
                            uint32_t node, char *buf, size_t size)
{
	if (!c->known)
		return "";
	snprintf(buf, size, "%s", ui_fmt_things(sum_of(c, tree, node).files, "file").s);
	return buf;
}
