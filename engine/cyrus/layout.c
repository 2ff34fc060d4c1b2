/* SPDX-License-Identifier: BSD-2-Clause */
#include "cyrus/layout.h"

#include <string.h>

#include <cyrkeep/select.h>

static const char rebuilt[] = "rebuilt by Cyrus itself";
static const char transient[] = "means nothing without the processes that made it";
static const char search[] = "search index, rebuilt by squatter";

#define CONFIG "configuration"
#define MAIL   "partitions"

/* The order counts: see enum layout_default. A slash at the end is a directory. */
static const struct ck_default_exclusion exclusions[] = {
	{"deliver.db", rebuilt, CONFIG},
	{"tls_sessions.db", rebuilt, CONFIG},
	{"ptscache.db", rebuilt, CONFIG},
	{"statuscache.db", rebuilt, CONFIG},
	[LAYOUT_PROC] = {"proc/", transient, CONFIG},
	{"socket/", transient, CONFIG},
	[LAYOUT_LOCK] = {"lock/", transient, CONFIG},
	/* Anywhere below a partition: no mailbox directory holds a dot. */
	[LAYOUT_MAIL] = {"stage./", transient, MAIL},
	{"sync./", transient, MAIL},
	[LAYOUT_SQUAT] = {"cyrus.squat", search, MAIL},
	{"cyrus.indexed.db", search, MAIL},
	/* As a whole; elsewhere a mailbox may be called so. */
	[LAYOUT_SEARCH] = {"xapian/", search, "search partitions"},
	{NULL, NULL, NULL},
};

_Static_assert(CK_COUNT(exclusions) == CK_DEFAULT_EXCLUSIONS + 1, "one bit and one row each");

const struct ck_default_exclusion *ck_default_exclusions(void)
{
	return exclusions;
}

static int find_default(const char *name)
{
	for (int i = 0; i < CK_DEFAULT_EXCLUSIONS; i++)
		if (strcmp(exclusions[i].name, name) == 0)
			return i;
	return -1;
}

int ck_defaults_kept(const struct ck_strv *keep, uint32_t *ret, struct ck_err *err)
{
	*ret = 0;
	for (size_t i = 0; i < keep->n; i++) {
		int at = find_default(keep->items[i]);
		if (at >= 0) {
			*ret |= 1u << at;
			continue;
		}
		CK_CLEANUP(ck_buf_fini) struct ck_buf known = CK_BUF_INIT;
		for (int k = 0; k < CK_DEFAULT_EXCLUSIONS; k++)
			(void)ck_buf_addf(&known, "%s%s", k ? ", " : "", exclusions[k].name);
		if (known.failed)
			return ck_err_nomem(err);
		(void)ck_err_set(err, CK_EUSAGE, "nothing called '%s' is left out by default",
		                 keep->items[i]);
		return ck_err_remedy(err, "name one of %s", known.data);
	}
	return 0;
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

int layout_default(const char *path, mode_t mode, bool in_config)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	int first = in_config ? 0 : LAYOUT_MAIL;
	int end = in_config ? LAYOUT_MAIL : LAYOUT_SEARCH;
	if (in_config && slash)
		return -1;
	for (int i = first; i < end; i++)
		if (is_meant(exclusions[i].name, name, mode))
			return i;
	return -1;
}

const char *layout_moved(const struct conf *conf, int place)
{
	if (place == LAYOUT_PROC)
		return conf_get(conf, "proc_path");
	return place == LAYOUT_LOCK ? conf_get(conf, "mboxname_lockpath") : NULL;
}

const char *layout_left_out(const char *path, mode_t mode, bool in_config, uint32_t kept)
{
	const char *special = special_file(mode);
	if (special)
		return special;
	int i = layout_default(path, mode, in_config);
	return i < 0 || kept >> i & 1 ? NULL : exclusions[i].why;
}

const char *layout_root_left_out(enum ck_partition_kind kind, uint32_t kept)
{
	if (kind == CK_PARTITION_SEARCH)
		return kept >> LAYOUT_SEARCH & 1 ? NULL : exclusions[LAYOUT_SEARCH].why;
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
