/* SPDX-License-Identifier: BSD-2-Clause */
#include "archive/owner.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include <cyrkeep/defs.h>

#define GROUP_LEAST ((size_t)16 << 10)
#define GROUP_MOST  ((size_t)16 << 20)

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

/* The names of all its members come along: there is no telling how many. */
static char *group_name(unsigned id)
{
	for (size_t size = GROUP_LEAST; size <= GROUP_MOST; size *= 4) {
		CK_FREE char *buf = malloc(size);
		struct group gr, *found = NULL;
		int sys = buf ? getgrgid_r(id, &gr, buf, size, &found) : ENOMEM;
		if (sys == 0)
			return found ? strdup(found->gr_name) : NULL;
		if (sys != ERANGE)
			return NULL;
	}
	return NULL;
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
