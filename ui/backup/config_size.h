/* SPDX-License-Identifier: BSD-2-Clause */
/** How large the configuration with its databases is, found out in the background for Sources. */
#ifndef UI_CONFIG_SIZE_H
#define UI_CONFIG_SIZE_H

#include "backup/wizard.h"

struct ui_config_size {
	struct ck_default_effect kinds[CK_CONFIG_KINDS]; /**< If known. */
	const struct ui_server *server;                  /**< Of which; only compared. */
	uint32_t kept;                                   /**< As of ck_defaults_kept(). */
	bool known, failed, asking;
};

/** Look, unless it is known or under way; the answer is news of the page @v, of which @c is. */
void ui_config_size_ask(struct ui_config_size *c, struct ui_view *v);

/** "18.0G", "..." until it is known, "?" where it cannot be: of @node, which is the configuration
 * or a kind below it. */
struct ui_fmt ui_config_size(const struct ui_config_size *c, const struct ck_tree *tree,
                             uint32_t node);

/** "31 files", or "" until it is known, of a kind; @buf is scratch. */
const char *ui_config_files(const struct ui_config_size *c, const struct ck_tree *tree,
                            uint32_t node, char *buf, size_t size);

#endif
