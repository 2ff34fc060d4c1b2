/* SPDX-License-Identifier: BSD-2-Clause */
#include "archive/owner.h"

#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include <cyrkeep/defs.h>

struct known {
	unsigned id;
	char *name; /* NULL: it has none */
};

struct list {
	struct known *items;
	size_t n;
};

struct owners {
	struct list users, groups;
};

struct owners *owners_new(void)
{
	return ck_alloc(1, sizeof(struct owners));
}

static void list_fini(struct list *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->items[i].name);
	free(l->items);
}

void owners_free(struct owners *o)
{
	if (!o)
		return;
	list_fini(&o->users);
	list_fini(&o->groups);
	free(o);
}

static char *user_name(unsigned id)
{
	char buf[4096];
	struct passwd pw, *found = NULL;
	if (getpwuid_r(id, &pw, buf, sizeof buf, &found) != 0 || !found)
		return NULL;
	return strdup(found->pw_name);
}

static char *group_name(unsigned id)
{
	char buf[16384];
	struct group gr, *found = NULL;
	if (getgrgid_r(id, &gr, buf, sizeof buf, &found) != 0 || !found)
		return NULL;
	return strdup(found->gr_name);
}

static const char *look(struct list *l, unsigned id, char *(*ask)(unsigned))
{
	for (size_t i = 0; i < l->n; i++) {
		if (l->items[i].id == id)
			return l->items[i].name;
	}
	struct known *more = reallocarray(l->items, l->n + 1, sizeof *more);
	if (!more)
		return NULL;
	l->items = more;
	l->items[l->n] = (struct known){.id = id, .name = ask(id)};
	return l->items[l->n++].name;
}

const char *owners_user(struct owners *o, uid_t uid)
{
	return look(&o->users, uid, user_name);
}

const char *owners_group(struct owners *o, gid_t gid)
{
	return look(&o->groups, gid, group_name);
}
