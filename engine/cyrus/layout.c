/* SPDX-License-Identifier: BSD-2-Clause */
#include "cyrus/layout.h"

#include <string.h>

#include <cyrkeep/select.h>

static const char rebuilt[] = "rebuilt by Cyrus itself";
static const char transient[] = "means nothing without the processes that made it";
static const char search[] = "search index, rebuilt by squatter";

/* The order counts: see the numbers behind. A slash at the end is a directory. */
static const struct ck_default_exclusion exclusions[] = {
	{"deliver.db", rebuilt},
	{"tls_sessions.db", rebuilt},
	{"ptscache.db", rebuilt},
	{"statuscache.db", rebuilt},
	{"proc/", transient},
	{"socket/", transient},
	{"lock/", transient},
	{"stage./", transient},
	{"sync./", transient},
	{"cyrus.squat", search},
	{"cyrus.indexed.db", search},
	{"xapian/", search},
	{NULL, NULL},
};

enum {
	CONFIG_FIRST = 0, /* At the top of the configuration directory. */
	MAIL_FIRST = 7,   /* Anywhere below a partition: no mailbox directory holds a dot. */
	SEARCH_FIRST = 11 /* Search partitions as a whole; elsewhere a mailbox may be called so. */
};

const struct ck_default_exclusion *ck_default_exclusions(void)
{
	return exclusions;
}

static const char *special_file(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFSOCK:
		return "a socket";
	case S_IFIFO:
		return "a named pipe";
	case S_IFCHR:
	case S_IFBLK:
		return "a device";
	default:
		return NULL;
	}
}

static bool is_meant(const char *entry, const char *name, mode_t mode)
{
	size_t len = strlen(entry);
	bool dir = entry[len - 1] == '/';
	return dir == S_ISDIR(mode) && strncmp(entry, name, len - dir) == 0 && !name[len - dir];
}

const char *layout_left_out(const char *path, mode_t mode, bool in_config)
{
	const char *special = special_file(mode);
	if (special)
		return special;
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	size_t first = in_config ? CONFIG_FIRST : MAIL_FIRST;
	size_t end = in_config ? MAIL_FIRST : SEARCH_FIRST;
	if (in_config && slash)
		return NULL;
	for (size_t i = first; i < end; i++)
		if (is_meant(exclusions[i].name, name, mode))
			return exclusions[i].why;
	return NULL;
}

const char *layout_root_left_out(enum ck_partition_kind kind)
{
	if (kind == CK_PARTITION_SEARCH)
		return exclusions[SEARCH_FIRST].why;
	return kind == CK_PARTITION_BACKUP ? "backups made by Cyrus, not mail" : NULL;
}

static const char *const state_kinds[] = {
	"seen", "sub", "mboxkey", "conversations", "counters", "xapianactive", "dav",
};

/* The kind that @text[0..len) is exactly. */
static const char *kind_named(const char *text, size_t len)
{
	for (size_t i = 0; i < CK_COUNT(state_kinds); i++)
		if (strlen(state_kinds[i]) == len && memcmp(state_kinds[i], text, len) == 0)
			return state_kinds[i];
	return NULL;
}

/* Behind "domain/d/DOM/", where a domain has the same directories as the server. */
static const char *skip_domain(const char *path)
{
	const char *p = path;
	if (strncmp(p, "domain/", 7) != 0)
		return path;
	for (int i = 0; i < 3 && p; i++) {
		p = strchr(p, '/');
		p = p ? p + 1 : NULL;
	}
	return p ? p : path;
}

/* By name: user/h/NAME.KIND, user/uuid/a/b/ID/KIND.db, shared.KIND, quota/h/ROOT. */
const char *layout_state_kind(const char *path)
{
	const char *p = skip_domain(path), *slash = strrchr(p, '/');
	const char *name = slash ? slash + 1 : p, *dot = strrchr(name, '.');
	if (strncmp(p, "quota/", 6) == 0)
		return "quota";
	if (!dot)
		return NULL;
	if (strncmp(p, "user/uuid/", 10) == 0)
		return strcmp(dot, ".db") == 0 ? kind_named(name, (size_t)(dot - name)) : NULL;
	if (strncmp(p, "user/", 5) == 0 || strncmp(p, "shared.", 7) == 0)
		return kind_named(dot + 1, strlen(dot + 1));
	return NULL;
}
