/* SPDX-License-Identifier: BSD-2-Clause */
#include "cyrus/message.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <gmime/gmime.h>

#include "cyrus/address.h"
#include "cyrus/cache.h"
#include "cyrus/mime.h"

/* Headers are looked for in so many bytes. */
#define HEADER_LIMIT ((size_t)256 << 10)

/*
 * So many bytes of addresses are parsed: GMime's lists are quadratic in their length. And so many
 * colons: each may open a group in a group.
 */
#define ADDRESS_LIMIT ((size_t)16 << 10)
#define COLON_LIMIT   500

/* Foreign bytes, not copied. */
struct span {
	const char *at;
	size_t len;
};

/* Cut the next line off @text, with its line end. */
static struct span next_line(struct span *text)
{
	const char *lf = memchr(text->at, '\n', text->len);
	struct span line = {text->at, lf ? (size_t)(lf - text->at) + 1 : text->len};
	text->at += line.len;
	text->len -= line.len;
	return line;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct span trim(struct span s)
{
	while (s.len > 0 && is_blank(s.at[0]))
		s.at++, s.len--;
	while (s.len > 0 && is_blank(s.at[s.len - 1]))
		s.len--;
	return s;
}

/* Where the text begins in a line that starts the header @name; 0 for any other line. */
static size_t match_name(struct span line, const char *name)
{
	size_t len = strlen(name);
	if (line.len <= len || strncasecmp(line.at, name, len) != 0)
		return 0;
	while (len < line.len && (line.at[len] == ' ' || line.at[len] == '\t'))
		len++;
	return len < line.len && line.at[len] == ':' ? len + 1 : 0;
}

/* The text of the first header @name with all its continuation lines, folded as it is. */
static struct span find_header(const void *raw, size_t len, const char *name)
{
	struct span text = {raw, len < HEADER_LIMIT ? len : HEADER_LIMIT};
	while (text.len > 0) {
		struct span line = next_line(&text);
		if (line.at[0] == '\n' || line.at[0] == '\r')
			break; /* the header ends here */
		size_t start = match_name(line, name);
		if (start == 0)
			continue;
		while (text.len > 0 && (text.at[0] == ' ' || text.at[0] == '\t'))
			line.len += next_line(&text).len;
		return trim((struct span){line.at + start, line.len - start});
	}
	return (struct span){"", 0};
}

char *message_text(const void *raw, size_t len, const char *name)
{
	struct span s = find_header(raw, len, name);
	return mime_decode_text(s.at, s.len);
}

char *message_word(const void *raw, size_t len, const char *name)
{
	struct span s = find_header(raw, len, name);
	return mime_plain_line(s.at, s.len);
}

/* No more of @s than GMime can parse without harm. */
static size_t safe_len(struct span s)
{
	size_t colons = 0, len = 0;
	while (len < s.len && len < ADDRESS_LIMIT) {
		if (s.at[len] == ':' && ++colons > COLON_LIMIT)
			break;
		len++;
	}
	return len;
}

static int add_mailbox(struct address_list *line, const char *name, InternetAddressMailbox *mailbox)
{
	const char *addr = internet_address_mailbox_get_addr(mailbox);
	CK_FREE char *plain = mime_plain_line(addr, addr ? strlen(addr) : 0);
	if (!plain)
		return CK_ENOMEM;
	address_list_add(line, name, plain, NULL);
	return 0;
}

static int add_addresses(struct address_list *line, InternetAddressList *list, bool in_group)
{
	int r = 0;
	for (int i = 0; r == 0 && list && i < internet_address_list_length(list); i++) {
		InternetAddress *address = internet_address_list_get_address(list, i);
		const char *decoded = internet_address_get_name(address);
		CK_FREE char *name = mime_plain_line(decoded, decoded ? strlen(decoded) : 0);
		if (!name)
			return CK_ENOMEM;
		if (INTERNET_ADDRESS_IS_MAILBOX(address)) {
			r = add_mailbox(line, name, INTERNET_ADDRESS_MAILBOX(address));
		} else if (!in_group) { /* no groups in groups: RFC 5322, 3.4 */
			InternetAddressGroup *group = INTERNET_ADDRESS_GROUP(address);
			address_list_start_group(line, name);
			r = add_addresses(line, internet_address_group_get_members(group), true);
			address_list_end_group(line);
		}
	}
	return r;
}

char *message_addresses(const void *raw, size_t len, const char *name)
{
	struct span s = find_header(raw, len, name);
	size_t parsed = safe_len(s);
	CK_FREE char *text = strndup(s.at, parsed); /* what is behind a NUL is no address */
	if (!text)
		return NULL;
	CK_CLEANUP(address_list_fini) struct address_list line = ADDRESS_LIST_INIT;
	mime_lock();
	InternetAddressList *list = internet_address_list_parse(NULL, text);
	int r = add_addresses(&line, list, false);
	g_clear_object(&list);
	mime_unlock();
	if (r < 0)
		return NULL;
	if (parsed < s.len)
		address_list_cut(&line);
	/* What is no address may still tell the reader something. */
	return line.line.len > 0 ? address_list_take(&line) : mime_decode_text(s.at, s.len);
}

int message_envelope(const void *raw, size_t len, struct envelope *ret, struct ck_err *err)
{
	CK_CLEANUP(envelope_fini)
	struct envelope e = {
		.date = message_word(raw, len, "Date"),
		.subject = message_text(raw, len, "Subject"),
		.from = message_addresses(raw, len, "From"),
		.to = message_addresses(raw, len, "To"),
		.message_id = message_word(raw, len, "Message-Id"),
	};
	if (!e.date || !e.subject || !e.from || !e.to || !e.message_id)
		return ck_err_nomem(err);
	*ret = e;
	e = (struct envelope){0};
	return 0;
}
