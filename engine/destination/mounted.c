/* SPDX-License-Identifier: BSD-2-Clause */
#include "destination/mounted.h"

#include <mntent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include <cyrkeep/buf.h>

#define LINE_BYTES 8192

/* Without links as far as it exists; owned, NULL without memory. */
static char *real(const char *path)
{
	CK_FREE char *part = strdup(path);
	while (part) {
		char *slash = strrchr(part, '/');
		CK_FREE char *found = realpath(*part ? part : "/", NULL);
		if (found || !slash) {
			const char *rest = path + strlen(part);
			char *full = NULL;
			if (asprintf(&full, "%s%s", !found || strcmp(found, "/") == 0 ? "" : found,
			             rest) < 0)
				return NULL;
			return full;
		}
		*slash = '\0';
	}
	return NULL;
}

static bool lies_below(const char *path, const char *directory)
{
	size_t len = strlen(directory);
	while (len > 1 && directory[len - 1] == '/')
		len--;
	return len > 1 && strncmp(path, directory, len) == 0 &&
	       (path[len] == '/' || path[len] == '\0');
}

/*
 * Looking at a mount that does not answer any more would hold us up. The kernel's names (@there
 * NULL) are taken as they stand, since it tells them without links; of fstab's, only those are
 * looked at that are not there.
 */
static int add(const char *path, const struct ck_strv *there, struct ck_strv *ret)
{
	if (!there)
		return ck_strv_add(ret, path);
	CK_FREE char *tidy = strdup(path);
	if (!tidy)
		return CK_ENOMEM;
	fs_tidy(tidy);
	return ck_strv_has(there, tidy) ? 0 : ck_strv_addm(ret, real(path));
}

/* The mount points of a table. */
static int read_table(const char *file, const struct ck_strv *there, struct ck_strv *ret,
                      struct ck_err *err)
{
	char line[LINE_BYTES];
	struct mntent entry;
	FILE *table = setmntent(file, "re");
	int r = 0;
	while (table && r == 0 && getmntent_r(table, &entry, line, sizeof line))
		if (entry.mnt_dir[0] == '/' && add(entry.mnt_dir, there, ret) < 0)
			r = ck_err_nomem(err);
	if (table)
		(void)endmntent(table);
	return r;
}

int mounted_missing(const char *directory, const char *fstab, const char *mounts,
                    char **ret_missing, struct ck_err *err)
{
	CK_CLEANUP(ck_strv_fini) struct ck_strv wanted = {0}, there = {0};
	CK_FREE char *path = real(directory);
	int r = path ? read_table(mounts, NULL, &there, err) : ck_err_nomem(err);
	if (r == 0)
		r = read_table(fstab, &there, &wanted, err);
	*ret_missing = NULL;
	for (size_t i = 0; r == 0 && !*ret_missing && i < wanted.n; i++)
		if (lies_below(path, wanted.items[i]) && !ck_strv_has(&there, wanted.items[i]) &&
		    !(*ret_missing = strdup(wanted.items[i])))
			r = ck_err_nomem(err);
	return r;
}
