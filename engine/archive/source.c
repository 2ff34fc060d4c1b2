/* SPDX-License-Identifier: BSD-2-Clause */
/* What the manifest of an archive says of the server that it was made of. */
#include "archive/source.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "archive/reader.h"

#define SETTINGS_MAX (16u << 20) /* of one settings file */

static void json_freep(json_t **j)
{
	json_decref(*j);
}

static int read_manifest(struct ck_archive *a, json_t **ret, struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	int r = catalog_get_text(a->catalog, "manifest", &text, err);
	if (r < 0)
		return r;
	*ret = json_loadb(text.data, text.len, 0, NULL);
	return *ret ? 0
	            : ck_err_set(err, CK_ECORRUPT, "archive '%s': its manifest is damaged",
	                         a->name);
}

/* A member by the path that the file had. */
static int file_at(struct ck_archive *a, const char *path, struct ck_buf *ret, struct ck_err *err)
{
	struct catalog_file file;
	int r = catalog_find_file(a->catalog, path + strspn(path, "/"), &file, err);
	return r < 0 ? r : reader_file(a, &file, ret, err);
}

int archive_config_file(struct ck_archive *a, const char *below, struct ck_buf *ret,
                        struct ck_err *err)
{
	CK_CLEANUP(json_freep) json_t *manifest = NULL;
	CK_CLEANUP(ck_buf_fini) struct ck_buf path = CK_BUF_INIT;
	int r = read_manifest(a, &manifest, err);
	if (r < 0)
		return r;
	const char *dir = json_string_value(json_object_get(manifest, "configuration_directory"));
	size_t n = dir ? strlen(dir) : 0;
	while (n && dir[n - 1] == '/')
		n--;
	if (!n)
		return ck_err_set(err, CK_ENOTFOUND, "the archive has no configuration directory");
	if (ck_buf_add(&path, dir, n) < 0 || ck_buf_addf(&path, "/%s", below) < 0)
		return ck_err_nomem(err);
	return file_at(a, path.data, ret, err);
}

int archive_database(struct ck_archive *a, const char *name, struct ck_buf *ret, struct ck_err *err)
{
	CK_CLEANUP(json_freep) json_t *manifest = NULL;
	size_t i;
	json_t *db;
	int r = read_manifest(a, &manifest, err);
	if (r < 0)
		return r;
	json_array_foreach(json_object_get(manifest, "databases"), i, db)
	{
		const char *is = json_string_value(json_object_get(db, "name"));
		const char *path = json_string_value(json_object_get(db, "path"));
		if (is && path && strcmp(is, name) == 0)
			return file_at(a, path, ret, err);
	}
	return ck_err_set(err, CK_ENOTFOUND, "the archive has no database '%s'", name);
}

int archive_cyrus_version(struct ck_archive *a, struct ck_buf *ret)
{
	CK_CLEANUP(json_freep) json_t *manifest = NULL;
	int r = read_manifest(a, &manifest, NULL);
	if (r < 0)
		return r;
	const char *version = json_string_value(json_object_get(manifest, "cyrus"));
	return version ? ck_buf_adds(ret, version) : CK_ENOTFOUND;
}

int archive_option(struct ck_archive *a, const char *key, struct ck_buf *ret)
{
	CK_CLEANUP(json_freep) json_t *manifest = NULL;
	int r = read_manifest(a, &manifest, NULL);
	if (r < 0)
		return r;
	const json_t *options = json_object_get(manifest, "options");
	const char *value = json_string_value(json_object_get(options, key));
	return value ? ck_buf_adds(ret, value) : CK_ENOTFOUND;
}

/* -- settings files --------------------------------------------------------------------------- */

int archive_settings_file(struct ck_archive *a, const char *member, struct ck_buf *ret,
                          struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf name = CK_BUF_INIT;
	struct catalog_file file;
	if (ck_buf_addf(&name, ".cyrkeep/conf/%s", member) < 0)
		return ck_err_nomem(err);
	int r = catalog_find_file(a->catalog, name.data, &file, err);
	if (r == 0 && file.size > SETTINGS_MAX)
		r = ck_err_set(err, CK_ECORRUPT, "'%s' is too large for a settings file", member);
	return r < 0 ? r : reader_file(a, &file, ret, err);
}

/* An archived imapd.conf, for the parser. */
struct archived_conf {
	struct ck_archive *archive;
	const char *path; /* that it had; borrowed from the manifest */
};

static int read_conf(void *arg, const char *path, struct ck_buf *ret, struct ck_err *err)
{
	const struct archived_conf *c = arg;
	CK_CLEANUP(ck_buf_fini) struct ck_buf member = CK_BUF_INIT;
	if (strcmp(path, c->path) == 0)
		return archive_settings_file(c->archive, "imapd.conf", ret, err);
	if (ck_buf_addf(&member, "include/%s", path + (*path == '/')) < 0)
		return ck_err_nomem(err);
	return archive_settings_file(c->archive, member.data, ret, err);
}

/* The options of one settings file that were left out of it, in lower case. */
static int add_untold(const json_t *file, struct ck_strv *ret)
{
	size_t i;
	json_t *key;
	json_array_foreach(json_object_get(file, "passwords"), i, key)
	{
		char *name = strdup(json_string_value(key) ? json_string_value(key) : "");
		for (char *p = name; p && *p; p++)
			*p = (char)tolower((unsigned char)*p);
		if (ck_strv_addm(ret, name) < 0)
			return CK_ENOMEM;
	}
	return 0;
}

int archive_conf(struct ck_archive *a, struct conf **ret, struct ck_strv *ret_untold,
                 struct ck_err *err)
{
	static const char main_member[] = ".cyrkeep/conf/imapd.conf";
	static const char includes[] = ".cyrkeep/conf/include/";
	CK_CLEANUP(json_freep) json_t *manifest = NULL;
	struct archived_conf c = {.archive = a};
	size_t i;
	json_t *file;
	int r = read_manifest(a, &manifest, err);
	if (r < 0)
		return r;
	bool bared = ck_archive_plan(a)->without_secrets;
	json_array_foreach(json_object_get(manifest, "settings"), i, file)
	{
		const char *member = json_string_value(json_object_get(file, "member"));
		bool is_main = member && strcmp(member, main_member) == 0;
		bool included = member && strncmp(member, includes, sizeof includes - 1) == 0;
		if (is_main)
			c.path = json_string_value(json_object_get(file, "path"));
		if (bared && (is_main || included) && add_untold(file, ret_untold) < 0)
			return ck_err_nomem(err);
	}
	if (!c.path)
		return ck_err_set(err, CK_ENOTFOUND, "the archive has no imapd.conf");
	return conf_load_by(read_conf, &c, c.path, ret, err);
}
