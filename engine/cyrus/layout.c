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
