/* SPDX-License-Identifier: BSD-2-Clause */
/* What mboxname_policycheck() of imap/mboxname.c takes since 3.0, where it has a say, and more. */
#include "cyrus/names.h"

#include <string.h>
#include <strings.h>

#define NAME_LIMIT 490 /* of a name that is made; later series read somewhat longer ones */

static const char taken[] = " #$'()*+,-.0123456789:=?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_"
			    "abcdefghijklmnopqrstuvwxyz~";

/* Behind the domain. */
static const char *rest_of(const char *intname)
{
	const char *bang = strchr(intname, '!');
	return bang ? bang + 1 : intname;
}

/* Length of the sequence of modified UTF-7 at @p, or 0 when it is not the one canonical spelling;
 * @ret_control: it hides a control character, which Cyrus lets pass for the first one only. */
static size_t sequence(const char *p, bool after_sequence, bool *ret_control)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	const char *end = strchr(p, '-');
	size_t len = end ? (size_t)(end - p) + 1 : 0;
	*ret_control = false;
	if (len == 0 || len == 2) /* "&-" is an ampersand */
		return len;
	if (after_sequence || mutf7_decode(p, len, &text) < 0 || text.len == 0 ||
	    text.data[0] == '&')
		return 0;
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.data[i] < ' ' || text.data[i] == '\x7f')
			*ret_control = true;
	return len;
}

static const char *check_text(const char *text)
{
	bool after_sequence = false, control;
	while (*text) {
		if (*text == '&') {
			size_t len = sequence(text, after_sequence, &control);
			if (len == 0)
				return "it is no modified UTF-7";
			if (control)
				return "it holds a control character";
			after_sequence = len > 2;
			text += len;
			continue;
		}
		if ((unsigned char)*text < ' ' || *text == '\x7f')
			return "it holds a control character";
		if (!strchr(taken, *text))
			return "it holds a character that Cyrus refuses in names";
		after_sequence = false;
		text++;
	}
	return NULL;
}

static bool is_reserved(const char *rest)
{
	return strcmp(rest, "user.anyone") == 0 || strcmp(rest, "user.anonymous") == 0 ||
	       strncmp(rest, "user.%", 6) == 0;
}

/* Its replication commands refuse it too late, when they have made a directory. */
const char *name_unmakeable(const struct conf *conf, const char *intname)
{
	const char *rest = rest_of(intname);
	size_t len = strlen(rest);
	if (rest != intname && conf->virtdomains == CONF_VIRT_OFF)
		return "it is of a domain, and virtdomains is off in imapd.conf";
	if (strlen(intname) > NAME_LIMIT)
		return "it is longer than Cyrus allows";
	if (len == 0 || rest[0] == '.' || rest[len - 1] == '.' || strstr(rest, ".."))
		return "a level of it is empty";
	if (strcmp(rest, "user") == 0)
		return "it is where the users' mailboxes are";
	if (is_reserved(rest))
		return "Cyrus keeps it for itself";
	if (rest[0] == '~' || intname[0] == '$')
		return "it begins with a character that Cyrus refuses there";
	return check_text(rest);
}

const char *name_refusal(const struct conf *conf, const char *intname)
{
	const char *why = name_unmakeable(conf, intname), *rest = rest_of(intname);
	if (why)
		return why;
	if (strcspn(rest, ".") == 5 && strncasecmp(rest, "INBOX", 5) == 0)
		return "INBOX is the administrator's own; a user's has the name of the user";
	if (name_is_deleted(conf, intname) || strcmp(rest, conf->deletedprefix) == 0)
		return "what lies there is deleted mail, and is removed for good in time";
	const char *below = strncmp(rest, "user.", 5) == 0 ? strchr(rest + 5, '.') : NULL;
	return below && below[1] == '#' ? "Cyrus keeps what begins with '#' for itself" : NULL;
}
