/* SPDX-License-Identifier: BSD-2-Clause */
#include "cyrus/address.h"

/* A list is shown on one line; ten thousand recipients need not be. */
#define LINE_LIMIT ((size_t)16 << 10)

void address_list_fini(struct address_list *list)
{
	ck_buf_fini(&list->line);
	*list = (struct address_list)ADDRESS_LIST_INIT;
}

void address_list_cut(struct address_list *list)
{
	if (!list->full && list->line.len > 0)
		ck_buf_adds(&list->line, ", \342\200\246");
	list->full = true;
}

static bool start_item(struct address_list *list)
{
	if (list->full)
		return false;
	if (list->line.len > LINE_LIMIT) {
		address_list_cut(list);
		return false;
	}
	if (list->separate)
		ck_buf_adds(&list->line, ", ");
	else if (list->in_group)
		ck_buf_addc(&list->line, ' ');
	list->separate = true;
	return true;
}

void address_list_add(struct address_list *list, const char *name, const char *local,
                      const char *domain)
{
	if (!start_item(list))
		return;
	bool named = name && *name;
	ck_buf_adds(&list->line, named ? name : "");
	ck_buf_adds(&list->line, named ? " <" : "");
	ck_buf_adds(&list->line, local);
	ck_buf_adds(&list->line, domain && *domain ? "@" : "");
	ck_buf_adds(&list->line, domain ? domain : "");
	ck_buf_adds(&list->line, named ? ">" : "");
}

void address_list_start_group(struct address_list *list, const char *name)
{
	if (!start_item(list))
		return;
	ck_buf_adds(&list->line, name);
	ck_buf_addc(&list->line, ':');
	list->separate = false;
	list->in_group = true;
}

void address_list_end_group(struct address_list *list)
{
	if (list->full || !list->in_group)
		return;
	ck_buf_addc(&list->line, ';');
	list->in_group = false;
	list->separate = true;
}

char *address_list_take(struct address_list *list)
{
	return ck_buf_take(&list->line);
}
