/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An administrator's namespace has no alternative form (altnamespace is for users): users' trees
 * are "user/NAME", a domain is always told behind '@'. As mbname_extname() of imap/mboxname.c.
 */
#include "cyrus/names.h"

#include <string.h>

#define DB_LEVEL  '\x1f'
#define DB_DOMAIN '\x1d'

char name_separator(const struct conf *conf)
{
	return conf->unixhierarchysep ? '/' : '.';
}

/* Domain and the rest of an internal name. */
struct parts {
	const char *domain; /* NULL: none */
	size_t domain_len;
	const char *rest;
};

static struct parts split(const char *intname)
{
	const char *bang = strchr(intname, '!');
	if (!bang)
		return (struct parts){.rest = intname};
	return (struct parts){
		.domain = intname, .domain_len = (size_t)(bang - intname), .rest = bang + 1};
}

/* Internal text, levels and dots spelled for the outside, as UTF-8. */
static int add_external(const char *text, size_t len, char sep, char dot, struct ck_buf *ret)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf spelled = CK_BUF_INIT;
	if (ck_buf_add(&spelled, text, len) < 0)
		return CK_ENOMEM;
	for (size_t i = 0; i < len; i++) {
		if (spelled.data[i] == '.')
			spelled.data[i] = sep;
		else if (spelled.data[i] == '^')
			spelled.data[i] = dot;
	}
	return mutf7_decode(spelled.data, len, ret);
}

static int add_domain(const struct parts *p, struct ck_buf *ret)
{
	if (p->domain) {
		(void)ck_buf_addc(ret, '@'); /* a failure stays in ret */
		(void)ck_buf_add(ret, p->domain, p->domain_len);
	}
	return ret->failed ? CK_ENOMEM : 0;
}

int name_to_external(const struct conf *conf, const char *intname, struct ck_buf *ret)
{
	struct parts p = split(intname);
	char sep = name_separator(conf);
	if (add_external(p.rest, strlen(p.rest), sep, sep == '/' ? '.' : '^', ret) < 0)
		return CK_ENOMEM;
	return add_domain(&p, ret);
}

/* The '@' before the domain of an external name, or NULL. */
static const char *find_domain(const struct conf *conf, const char *extname)
{
	const char *at = conf->virtdomains == CONF_VIRT_OFF ? NULL : strrchr(extname, '@');
	return at && !strchr(at, '/') ? at : NULL;
}

static int check_external(const char *extname, const char *text, char sep, struct ck_err *err)
{
	const char *why = NULL;
	size_t len = strlen(text);
	const char twice[] = {sep, sep, '\0'};
	if (len == 0)
		why = "it is empty";
	else if (text[0] == sep || text[len - 1] == sep || strstr(text, twice))
		why = "a level of it is empty";
	else if (strpbrk(text, sep == '/' ? "!^\x1d\x1f" : "!/\x1d\x1f"))
		why = "it holds a character that no name on this server may hold";
	if (!why)
		return 0;
	(void)ck_err_set(err, CK_EUSAGE, "'%s' cannot be a mailbox name: %s", extname, why);
	return ck_err_remedy(err, "levels are separated by '%c' here", sep);
}

int name_to_internal(const struct conf *conf, const char *extname, struct ck_buf *ret,
                     struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT, wire = CK_BUF_INIT;
	char sep = name_separator(conf);
	const char *at = find_domain(conf, extname);
	(void)ck_buf_add(&text, extname, at ? (size_t)(at - extname) : strlen(extname));
	(void)mutf7_encode(text.data, text.len, &wire);
	if (text.failed || wire.failed)
		return ck_err_nomem(err);
	int r = check_external(extname, text.data, sep, err);
	if (r < 0)
		return r;
	if (at && (!at[1] || strchr(at, '!')))
		return ck_err_set(err, CK_EUSAGE, "'%s' cannot be a mailbox name: bad domain",
		                  extname);
	if (at && strcmp(at + 1, conf->defaultdomain) != 0) {
		(void)ck_buf_adds(ret, at + 1);
		(void)ck_buf_addc(ret, '!');
	}
	for (size_t i = 0; sep == '/' && i < wire.len; i++) {
		if (wire.data[i] == '/')
			wire.data[i] = '.';
		else if (wire.data[i] == '.')
			wire.data[i] = '^';
	}
	(void)ck_buf_add(ret, wire.data, wire.len);
	return ret->failed ? ck_err_nomem(err) : 0;
}

int name_to_wire(const char *extname, struct ck_buf *ret)
{
	return mutf7_encode(extname, strlen(extname), ret);
}

int name_from_database(const char *dbname, size_t len, struct ck_buf *ret)
{
	const char *domain = memchr(dbname, DB_DOMAIN, len);
	size_t i = 0;
	if (domain) { /* dots of a domain are dots everywhere */
		(void)ck_buf_add(ret, dbname, (size_t)(domain - dbname));
		(void)ck_buf_addc(ret, '!');
		i = (size_t)(domain - dbname) + 1;
	}
	for (; i < len; i++) {
		char c = dbname[i];
		(void)ck_buf_addc(ret, c == DB_LEVEL ? '.' : c == '.' ? '^' : c);
	}
	return ret->failed ? CK_ENOMEM : 0;
}

/* What follows the level called @level[0..len) at the start of @name, or NULL. */
static const char *behind_level(const char *name, const char *level, size_t len)
{
	return strncmp(name, level, len) == 0 && name[len] == '.' ? name + len + 1 : NULL;
}

bool name_is_deleted(const struct conf *conf, const char *intname)
{
	return behind_level(split(intname).rest, conf->deletedprefix, strlen(conf->deletedprefix));
}

bool name_is_inbox(const char *intname)
{
	const char *user = behind_level(split(intname).rest, "user", 4);
	return user && *user && !strchr(user, '.');
}

bool name_owner(const struct conf *conf, const char *intname, struct ck_buf *ret)
{
	struct parts p = split(intname);
	const char *live = behind_level(p.rest, conf->deletedprefix, strlen(conf->deletedprefix));
	const char *user = behind_level(live ? live : p.rest, "user", 4);
	size_t len = user ? strcspn(user, ".") : 0;
	if (len == 0)
		return false;
	/* A user id never holds '^': it stands for a dot whatever the separator is. */
	return add_external(user, len, '.', '.', ret) == 0 && add_domain(&p, ret) == 0;
}

/* As database names sort (0x1D behind a domain, 0x1F between levels, dots as they are), so that
 * the records of 3.6+ come in order already. */
static unsigned rank(const char *p)
{
	switch (*p) {
	case '!':
		return 0x1d;
	case '.':
		return strchr(p, '!') ? '.' : 0x1f; /* dots of a domain are dots */
	case '^':
		return '.';
	default:
		return (unsigned char)*p;
	}
}

int name_compare(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	unsigned x = rank(a), y = rank(b);
	return (x > y) - (x < y);
}
