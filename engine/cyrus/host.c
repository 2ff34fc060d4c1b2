/* SPDX-License-Identifier: BSD-2-Clause */
#include "cyrus/host.h"

#include <ctype.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "cyrus/conf.h"

#define TEXT_MAX (16u << 20) /* of one settings file */

/* Where distributions keep them; the root stands before each. */
static const struct {
	const char *pattern;
	bool secret;
} places[] = {
	{"/etc/sasl2/*.conf", false},
	{"/etc/sasl/*.conf", false},
	{"/usr/lib/sasl2/*.conf", false},
	{"/usr/lib/*/sasl2/*.conf", false},
	{"/usr/lib64/sasl2/*.conf", false},
	{"/usr/local/lib/sasl2/*.conf", false},
	{"/etc/saslauthd.conf", false},
	{"/etc/default/saslauthd", false},
	{"/etc/default/cyrus*", false},
	{"/etc/sysconfig/saslauthd", false},
	{"/etc/sysconfig/cyrus*", false},
	{"/etc/pam.d/imap", false},
	{"/etc/pam.d/pop", false},
	{"/etc/pam.d/sieve", false},
	{"/etc/pam.d/lmtp", false},
	{"/etc/systemd/system/cyrus*.service", false},
	{"/etc/systemd/system/cyrus*.service.d/*.conf", false},
	{"/etc/systemd/system/cyrus*.timer", false},
	{"/usr/lib/systemd/system/cyrus*.service", false},
	{"/etc/init.d/cyrus*", false},
};

struct found {
	struct ck_host_file *files;
	size_t n;
	const char *root;
};

void ck_host_files_free(struct ck_host_file *files, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(files[i].path);
		ck_strv_fini(&files[i].secrets);
	}
	free(files);
}

static void found_fini(struct found *f)
{
	ck_host_files_free(f->files, f->n);
}

static bool is_known(const struct found *f, const char *path)
{
	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->files[i].path, path) == 0)
			return true;
	return false;
}

/* What cannot be read is named all the same: whoever copies it will tell. */
static int look_into(const struct found *f, struct ck_host_file *file)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT, path = CK_BUF_INIT;
	if (ck_buf_addf(&path, "%s%s", f->root, file->path) < 0)
		return CK_ENOMEM;
	int r = fs_read_file(AT_FDCWD, path.data, TEXT_MAX, &text, NULL);
	if (r == 0)
		r = host_secrets(text.data, text.len, &file->secrets);
	return r == CK_ENOMEM ? r : 0;
}

/* @path below the root; a file that is not there is none. */
static int add(struct found *f, const char *path, bool secret)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf real = CK_BUF_INIT;
	struct stat st;
	if (ck_buf_addf(&real, "%s%s", f->root, path) < 0)
		return CK_ENOMEM;
	if (is_known(f, path) || stat(real.data, &st) < 0 || !S_ISREG(st.st_mode))
		return 0;
	struct ck_host_file *more = reallocarray(f->files, f->n + 1, sizeof *more);
	if (!more)
		return CK_ENOMEM;
	f->files = more;
	struct ck_host_file *file = &more[f->n];
	*file = (struct ck_host_file){.path = strdup(path), .secret = secret};
	if (!file->path)
		return CK_ENOMEM;
	f->n++;
	return secret ? 0 : look_into(f, file);
}

static int add_places(struct found *f)
{
	size_t skip = strlen(f->root);
	for (size_t i = 0; i < CK_COUNT(places); i++) {
		CK_CLEANUP(ck_buf_fini) struct ck_buf pattern = CK_BUF_INIT;
		glob_t hits = {0};
		int r = ck_buf_addf(&pattern, "%s%s", f->root, places[i].pattern);
		if (r == 0 && glob(pattern.data, 0, NULL, &hits) == 0)
			for (size_t k = 0; r == 0 && k < hits.gl_pathc; k++)
				r = add(f, hits.gl_pathv[k] + skip, places[i].secret);
		globfree(&hits);
		if (r < 0)
			return r;
	}
	return 0;
}

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);
	return n >= m && strcmp(text + n - m, end) == 0;
}

/* Does an option, of the server or of any service, name @word, or is it nowhere set? */
static bool may_be(const struct conf *conf, const char *ending, const char *word)
{
	bool set = false;
	for (size_t i = 0; i < conf->n; i++) {
		if (!ends_with(conf->lines[i].key, ending))
			continue;
		if (strstr(conf->lines[i].value, word))
			return true;
		set = true;
	}
	return !set;
}

/* The options of TLS and the like that name files, under their names of all series and for each
 * service ("imaps_tls_key_file"). */
static int add_named(struct found *f, const struct conf *conf)
{
	static const struct {
		const char *ending;
		bool secret;
	} options[] = {
		{"tls_server_cert", false},    {"tls_server_key", true},
		{"tls_client_cert", false},    {"tls_client_key", true},
		{"tls_server_ca_file", false}, {"tls_client_ca_file", false},
		{"tls_cert_file", false},      {"tls_key_file", true},
		{"tls_ca_file", false},        {"tls_server_dhparam", false},
		{"ldap_client_cert", false},   {"ldap_client_key", true},
		{"ldap_ca_file", false},       {"ischedule_dkim_key_file", true},
	};
	bool sasldb = false;
	for (size_t i = 0; i < conf->n; i++) {
		const struct conf_line *l = &conf->lines[i];
		int r = 0;
		if (ends_with(l->key, "sasl_sasldb_path")) {
			sasldb = true;
			r = add(f, l->value, true);
		}
		for (size_t k = 0; k < CK_COUNT(options) && r == 0; k++)
			if (ends_with(l->key, options[k].ending) && l->value[0] == '/')
				r = add(f, l->value, options[k].secret);
		if (r < 0)
			return r;
	}
	/* The host's own belongs to this server only where it asks SASL's database. */
	if (sasldb || !may_be(conf, "sasl_pwcheck_method", "auxprop") ||
	    !may_be(conf, "sasl_auxprop_plugin", "sasldb"))
		return 0;
	return add(f, "/etc/sasldb2", true);
}

int host_files(const char *root, const struct ck_settings *settings, const struct conf *conf,
               struct ck_host_file **ret, size_t *ret_n, struct ck_err *err)
{
	CK_CLEANUP(found_fini) struct found f = {.root = ""};
	int r = 0;
	/* These were named by whoever calls, wherever they lie. */
	for (size_t i = 0; i < conf->files.n && r == 0; i++)
		r = add(&f, conf->files.items[i], false);
	if (r == 0)
		r = add(&f, settings->cyrus_conf, false);
	f.root = root;
	if (r == 0)
		r = add_places(&f);
	if (r == 0)
		r = add_named(&f, conf);
	if (r < 0)
		return ck_err_nomem(err);
	*ret = CK_STEAL(f.files);
	*ret_n = f.n;
	f.n = 0;
	return 0;
}

int ck_host_files(const struct ck_settings *settings, const struct ck_server *server,
                  struct ck_host_file **ret, size_t *ret_n, struct ck_err *err)
{
	return host_files("", settings, server->conf, ret, ret_n, err);
}

/* -- secrets in text -------------------------------------------------------------------------- */

static bool has_word(const char *key, size_t len, const char *word)
{
	size_t n = strlen(word);
	for (size_t i = 0; i + n <= len; i++)
		if (strncasecmp(key + i, word, n) == 0)
			return true;
	return false;
}

/* "sasl_sql_passwd", "ldap_password", "ldapdb_pw", "bind_pw", "shared_secret". */
static bool names_secret(const char *key, size_t len)
{
	return has_word(key, len, "passw") || has_word(key, len, "secret") ||
	       (len > 3 && strncasecmp(key + len - 3, "_pw", 3) == 0);
}

bool host_is_secret(const char *key, const char *value)
{
	const char *url = strstr(value, "://"), *at = url ? strchr(url + 3, '@') : NULL;
	const char *colon = url ? strchr(url + 3, ':') : NULL;
	return names_secret(key, strlen(key)) || (at && colon && colon < at);
}

static size_t skip_blanks(const char *line, size_t len, size_t at)
{
	while (at < len && (line[at] == ' ' || line[at] == '\t'))
		at++;
	return at;
}

/* Does "KEY: value" or "KEY = value" at @key give a secret its value, from @ret_value on? */
static bool gives_secret(const char *line, size_t len, size_t key, size_t *ret_key_len,
                         size_t *ret_value)
{
	size_t at = key;
	while (at < len && (isalnum((unsigned char)line[at]) || strchr("_-.", line[at])))
		at++;
	size_t key_len = at - key;
	at = skip_blanks(line, len, at);
	if (!key_len || at == len || (line[at] != ':' && line[at] != '=') ||
	    !names_secret(line + key, key_len))
		return false;
	/* What chooses a way to look at passwords is none. */
	static const char *const others[] = {"sasl_pwcheck_method", "allowplaintext"};
	for (size_t i = 0; i < CK_COUNT(others); i++)
		if (strlen(others[i]) == key_len && strncmp(line + key, others[i], key_len) == 0)
			return false;
	*ret_key_len = key_len;
	*ret_value = at + 1;
	return true;
}

/* A line that gives a secret a value: its key, and where the value begins. */
static bool is_secret(const char *line, size_t len, size_t *ret_key, size_t *ret_key_len,
                      size_t *ret_value)
{
	static const char shell[] = "export ", unit[] = "Environment=";
	size_t at = skip_blanks(line, len, 0);
	if (len - at >= sizeof shell && memcmp(line + at, shell, sizeof shell - 1) == 0)
		at = skip_blanks(line, len, at + sizeof shell - 1);
	*ret_key = at;
	if (len - at < sizeof unit || memcmp(line + at, unit, sizeof unit - 1) != 0)
		return gives_secret(line, len, at, ret_key_len, ret_value);
	/* Of a systemd unit: assignments in a row, in quotes or not. */
	size_t first = at + sizeof unit - 1;
	for (at = first; at < len; at++) {
		*ret_key = at;
		if ((at == first || strchr(" \t\"'", line[at - 1])) &&
		    gives_secret(line, len, at, ret_key_len, ret_value))
			return true;
	}
	return false;
}

static size_t line_length(const char *text, size_t len)
{
	const char *end = memchr(text, '\n', len);
	return end ? (size_t)(end - text) : len;
}

int host_secrets(const char *text, size_t len, struct ck_strv *ret)
{
	size_t key, key_len, value;
	for (size_t at = 0; at < len;) {
		size_t n = line_length(text + at, len - at);
		if (is_secret(text + at, n, &key, &key_len, &value)) {
			CK_FREE char *name = strndup(text + at + key, key_len);
			if (!name || (!ck_strv_has(ret, name) && ck_strv_add(ret, name) < 0))
				return CK_ENOMEM;
		}
		at += n + 1;
	}
	return 0;
}

int host_without_secrets(const char *text, size_t len, struct ck_buf *ret)
{
	size_t key, key_len, value;
	for (size_t at = 0; at < len;) {
		size_t n = line_length(text + at, len - at);
		if (is_secret(text + at, n, &key, &key_len, &value)) {
			/* Commented out: an empty value would be an error to Cyrus. A value may go
			 * on in the next line. */
			(void)ck_buf_adds(ret, "# ");
			(void)ck_buf_add(ret, text + at, value);
			(void)ck_buf_adds(ret, " (left out)");
			while (n && text[at + n - 1] == '\\' && at + n + 1 < len) {
				at += n + 1;
				n = line_length(text + at, len - at);
			}
		} else {
			(void)ck_buf_add(ret, text + at, n);
		}
		at += n;
		if (at < len)
			(void)ck_buf_addc(ret, '\n');
		at++;
	}
	return ret->failed ? CK_ENOMEM : 0;
}
