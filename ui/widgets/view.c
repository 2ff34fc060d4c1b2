/* SPDX-License-Identifier: BSD-2-Clause */
#include "widgets/view.h"

const struct ui_binding *ui_view_binding(const struct ui_view *v, enum ui_action a)
{
	for (const struct ui_binding *b = v->ops->bindings; b && b->action != UI_ACT_NONE; b++)
		if (b->action == a)
			return b;
	return NULL;
}

bool ui_view_offers(const struct ui_view *v, enum ui_action a)
{
	const char *reason;
	return ui_view_can(v, a, &reason) || reason;
}

bool ui_view_can(const struct ui_view *v, enum ui_action a, const char **ret_reason)
{
	*ret_reason = NULL;
	if (v->ops->can)
		return v->ops->can(v, a, ret_reason);
	return true;
}

const char *ui_view_word(const struct ui_view *v, enum ui_action a)
{
	const char *word = v->ops->word ? v->ops->word(v, a) : NULL;
	const struct ui_binding *b = word ? NULL : ui_view_binding(v, a);
	if (!word && b)
		word = b->word;
	return word ? word : ui_action_info(a)->word;
}
