/* SPDX-License-Identifier: BSD-2-Clause */
#include "cyrus/conf_roots.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/fs.h"
#include "cyrus/conf_options.h"
#include "cyrus/paths.h"

#define CONFIGDIR_WORD "{configdirectory}"

/* One spelling for each place, so that paths can be compared. */
static void tidy_paths(struct conf *conf)
{
	for (size_t i = 0; i < conf->n; i++) {
		struct conf_line *l = &conf->lines[i];
		const struct conf_option *option = conf_option_find(l->key);
		bool root = strstr(l->key, "partition-") || strncmp(l->key, "metadir-", 8) == 0 ||
		            strcmp(l->key, "configdirectory") == 0 ||
		            strcmp(l->key, "sievedir") == 0 ||
		            (option && option->kind == CONF_PATH);
		if (root && l->value[0] == '/')
			fs_tidy(l->value);
	}
}

/* Only declared string options are replaced; partition-* is not. */
static int replace_configdirectory(struct conf *conf, struct ck_err *err)
{
	size_t word = strlen(CONFIGDIR_WORD);
	for (size_t i = 0; i < conf->n; i++) {
		struct conf_line *l = &conf->lines[i];
		if (strncasecmp(l->value, CONFIGDIR_WORD, word) != 0)
			continue;
		const struct conf_option *option = conf_option_find(l->key);
		if (!option || option->kind != CONF_PATH)
			continue;
		CK_CLEANUP(ck_buf_fini) struct ck_buf value = CK_BUF_INIT;
		(void)ck_buf_adds(&value, conf->configdirectory); /* ck_buf_take() tells */
		(void)ck_buf_adds(&value, l->value + word);
		char *text = ck_buf_take(&value);
		if (!text)
			return ck_err_nomem(err);
		free(l->value);
		l->value = text;
	}
	return 0;
}

static const struct conf_line *line_of(const struct conf *conf, const char *key)
{
	for (size_t i = 0; i < conf->n; i++)
		if (strcmp(conf->lines[i].key, key) == 0)
			return &conf->lines[i];
	return NULL;
}

static int must_be_absolute(const struct conf_line *l, struct ck_err *err)
{
	if (l->value[0] == '/')
		return 0;
	return ck_err_set(err, CK_EUSAGE, "'%s' line %u: '%s' must be an absolute path, not '%s'",
	                  l->file, l->line, l->key, l->value);
}

/* Which kind of partition does a key name? The name is behind the returned prefix. */
static const char *partition_name(const char *key, enum ck_partition_kind *ret_kind)
{
	static const struct {
		const char *prefix;
		enum ck_partition_kind kind;
	} prefixes[] = {
		{"partition-", CK_PARTITION_DATA},
		{"metapartition-", CK_PARTITION_META},
		{"archivepartition-", CK_PARTITION_ARCHIVE},
		{"backuppartition-", CK_PARTITION_BACKUP},
	};
	for (size_t i = 0; i < CK_COUNT(prefixes); i++) {
		size_t n = strlen(prefixes[i].prefix);
		if (strncmp(key, prefixes[i].prefix, n) == 0 && key[n]) {
			*ret_kind = prefixes[i].kind;
			return key + n;
		}
	}
	const char *search = strstr(key, "searchpartition-");
	size_t n = strlen("searchpartition-");
	if (!search || search == key || !search[n])
		return NULL;
	*ret_kind = CK_PARTITION_SEARCH;
	return search + n;
}

static int add_partition(struct conf *conf, const struct conf_line *l, struct ck_err *err)
{
	enum ck_partition_kind kind;
	const char *name = partition_name(l->key, &kind);
	if (!name)
		return 0;
	int rc = must_be_absolute(l, err);
	if (rc < 0)
		return rc;
	struct ck_partition *p = &conf->partitions[conf->npartitions];
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	if (kind == CK_PARTITION_SEARCH) { /* "t1searchpartition-default" is "t1:default" */
		(void)ck_buf_add(&text, l->key,
		                 (size_t)(name - l->key) - strlen("searchpartition-"));
		(void)ck_buf_addc(&text, ':');
	}
	(void)ck_buf_adds(&text, name);
	p->name = ck_buf_take(&text);
	p->path = strdup(l->value);
	p->kind = kind;
	conf->npartitions++; /* conf_free() frees what there is of it */
	return p->name && p->path ? 0 : ck_err_nomem(err);
}

static int collect_partitions(struct conf *conf, struct ck_err *err)
{
	bool data = false;
	conf->partitions = ck_alloc(conf->n, sizeof *conf->partitions);
	if (!conf->partitions)
		return ck_err_nomem(err);
	for (size_t i = 0; i < conf->n; i++) {
		const struct conf_line *l = &conf->lines[i];
		int rc = add_partition(conf, l, err);
		if (rc < 0)
			return rc;
		if (strncmp(l->key, "metadir-", 8) == 0) {
			conf->has_metadir = true;
			if ((rc = must_be_absolute(l, err)) < 0)
				return rc;
		}
	}
	for (size_t i = 0; i < conf->npartitions; i++)
		data = data || conf->partitions[i].kind == CK_PARTITION_DATA;
	if (data)
		return 0;
	(void)ck_err_set(err, CK_EUSAGE, "'%s' has no option 'partition-NAME'",
	                 conf->files.items[0]);
	return ck_err_remedy(err, "say where the mail lies, as in 'partition-default: "
	                          "/var/spool/cyrus/mail'");
}

static unsigned meta_files(const struct conf *conf)
{
	static const char *const words[META_MAX_] = {
		[META_HEADER] = "header",
		[META_INDEX] = "index",
		[META_CACHE] = "cache",
		[META_EXPUNGE] = "expunge",
		[META_SQUAT] = "squat",
		[META_ANNOTATIONS] = "annotations",
		[META_ARCHIVECACHE] = "archivecache",
		[META_DAV] = "dav",
	};
	unsigned bits = 0;
	const char *value = conf_get(conf, "metapartition_files");
	for (const char *p = value ? value : ""; *p;) {
		size_t n = strcspn(p, CONF_BLANKS);
		for (unsigned i = 0; i < META_MAX_; i++)
			if (strlen(words[i]) == n && memcmp(words[i], p, n) == 0)
				bits |= 1u << i;
		p += n + strspn(p + n, CONF_BLANKS);
	}
	return bits;
}

static int settle_default_partition(struct conf *conf, struct ck_err *err)
{
	const struct conf_line *l = line_of(conf, "defaultpartition");
	const char *only = NULL;
	size_t data = 0;
	for (size_t i = 0; i < conf->npartitions; i++)
		if (conf->partitions[i].kind == CK_PARTITION_DATA && data++ == 0)
			only = conf->partitions[i].name;
	conf->defaultpartition = strdup(l ? l->value : data == 1 ? only : "default");
	if (!conf->defaultpartition)
		return ck_err_nomem(err);
	for (char *p = conf->defaultpartition; l && *p; p++) {
		if (!isalnum((unsigned char)*p))
			return ck_err_set(err, CK_EUSAGE,
			                  "'%s' line %u: option 'defaultpartition' may hold only "
			                  "letters and digits, not '%s'",
			                  l->file, l->line, l->value);
		*p = (char)tolower((unsigned char)*p);
	}
	return 0;
}

static int copy_string(const struct conf *conf, const char *key, const char *missing, char **ret,
                       struct ck_err *err)
{
	const char *value = conf_get(conf, key);
	*ret = strdup(value ? value : missing);
	return *ret ? 0 : ck_err_nomem(err);
}

static int settle_strings(struct conf *conf, struct ck_err *err)
{
	const struct {
		const char *key, *missing;
		char **ret;
	} strings[] = {
		{"defaultdomain", "internal", &conf->defaultdomain}, /* since 3.0 */
		{"userprefix", "Other Users", &conf->userprefix},
		{"sharedprefix", "Shared Folders", &conf->sharedprefix},
		{"sievedir", "/usr/sieve", &conf->sievedir},
		{"deletedprefix", "DELETED", &conf->deletedprefix},
		{"cyrus_user", "cyrus", &conf->cyrus_user},
	};
	for (size_t i = 0; i < CK_COUNT(strings); i++) {
		int rc = copy_string(conf, strings[i].key, strings[i].missing, strings[i].ret, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static void settle_switches(struct conf *conf)
{
	conf->hashimapspool = conf_switch(conf, "hashimapspool", false);
	conf->fulldirhash = conf_switch(conf, "fulldirhash", false);
	conf->unixhierarchysep = conf_switch(conf, "unixhierarchysep", true);
	conf->altnamespace = conf_switch(conf, "altnamespace", true);
	conf->sieveusehomedir = conf_switch(conf, "sieveusehomedir", false);
	conf->archive_enabled = conf_switch(conf, "archive_enabled", false);
	conf->meta_files = meta_files(conf);
	const char *virt = conf_get(conf, "virtdomains");
	const char *word = virt ? conf_word("off userid on", virt) : "off";
	conf->virtdomains = !word || strcmp(word, "off") == 0 ? CONF_VIRT_OFF
	                    : strcmp(word, "on") == 0         ? CONF_VIRT_ON
	                                                      : CONF_VIRT_USERID;
}

/* What a backup of this host could not hold. */
static int refuse_unsupported(const struct conf *conf, struct ck_err *err)
{
	if (conf_switch(conf, "object_storage_enabled", false)) {
		const struct conf_line *l = line_of(conf, "object_storage_enabled");
		(void)ck_err_set(err, CK_EUNSUPPORTED,
		                 "'%s' line %u: messages are kept in an object store, not in files",
		                 l->file, l->line);
		return ck_err_remedy(err, "back up the object store with its own tools");
	}
	/* This is how Cyrus itself tells a front end of a standard murder from a back end. */
	const char *config = conf_get(conf, "mupdate_config");
	const struct conf_line *l = line_of(conf, "mupdate_server");
	if (l && (!config || strcmp(config, "standard") == 0) && !conf_get(conf, "proxyservers")) {
		(void)ck_err_set(err, CK_EUNSUPPORTED,
		                 "'%s' line %u: this host is the front end of a murder and holds "
		                 "no mail",
		                 l->file, l->line);
		return ck_err_remedy(err, "run cyrkeep on the back ends");
	}
	return 0;
}

int conf_settle(struct conf *conf, struct ck_err *err)
{
	const struct conf_line *l = line_of(conf, "configdirectory");
	if (!l) {
		(void)ck_err_set(err, CK_EUSAGE, "'%s' has no option 'configdirectory'",
		                 conf->files.items[0]);
		return ck_err_remedy(err, "name the file that the Cyrus server is started with "
		                          "(option -C)");
	}
	int rc = must_be_absolute(l, err);
	tidy_paths(conf);
	if (rc == 0)
		rc = copy_string(conf, "configdirectory", "", &conf->configdirectory, err);
	if (rc == 0)
		rc = replace_configdirectory(conf, err);
	tidy_paths(conf); /* what stood behind {configdirectory}, too */
	if (rc == 0)
		rc = settle_strings(conf, err);
	if (rc < 0)
		return rc;
	settle_switches(conf);
	rc = refuse_unsupported(conf, err);
	if (rc == 0)
		rc = collect_partitions(conf, err);
	if (rc == 0)
		rc = settle_default_partition(conf, err);
	return rc;
}

void conf_assume_before_3(struct conf *conf)
{
	conf->before_3 = true;
	if (!conf_get(conf, "defaultdomain"))
		conf->defaultdomain[0] = '\0';
	conf->unixhierarchysep = conf_switch(conf, "unixhierarchysep", false);
	conf->altnamespace = conf_switch(conf, "altnamespace", false);
}

/* Root number i: the partitions, then the configuration directory. */
static const char *root_path(const struct conf *conf, size_t i)
{
	return i < conf->npartitions ? conf->partitions[i].path : conf->configdirectory;
}

static size_t root_length(const char *path)
{
	size_t n = strlen(path);
	while (n > 1 && path[n - 1] == '/')
		n--;
	return n;
}

static bool lies_in(const char *inner, const char *outer)
{
	size_t in = root_length(inner), out = root_length(outer);
	if (out == 1)
		return true;
	return in >= out && memcmp(inner, outer, out) == 0 && (in == out || inner[out] == '/');
}

bool conf_overlap(const struct conf *conf, size_t *i, const char **ret_outer,
                  const char **ret_inner)
{
	size_t n = conf->npartitions + 1;
	for (; *i < n * n; ++*i) {
		size_t a = *i / n, b = *i % n;
		const char *outer = root_path(conf, a), *inner = root_path(conf, b);
		/* Equal roots lie in each other: tell that once. */
		if (a == b || !lies_in(inner, outer) || (b < a && lies_in(outer, inner)))
			continue;
		++*i;
		*ret_outer = outer;
		*ret_inner = inner;
		return true;
	}
	return false;
}
