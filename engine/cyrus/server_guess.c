/* SPDX-License-Identifier: BSD-2-Clause */
#include <unistd.h>

#include "cyrus/server_parts.h"

/* A sign, and what it is one of. */
static const struct {
	const char *path, *sign, *what;
} usual[] = {
	{"/etc/imapd.conf", "", "an imapd.conf"},
	{"/usr/local/etc/imapd.conf", "", "an imapd.conf"},
	{"/etc/cyrus/imapd.conf", "", "an imapd.conf"},
	{"/etc/cyrus-imapd/imapd.conf", "", "an imapd.conf"},
	{"/var/lib/cyrus", "/mailboxes.db", "a configuration directory"},
	{"/var/lib/imap", "/mailboxes.db", "a configuration directory"},
	{"/var/imap", "/mailboxes.db", "a configuration directory"},
	{"/var/spool/cyrus/mail", "", "a partition"},
	{"/var/spool/cyrus", "/stage.", "a partition"},
	{"/var/spool/imap", "", "a partition"},
};

#define GUESSES_MAX 3 /* as many as a remedy has room for */

int server_guess(const char *root, struct ck_buf *ret)
{
	int said = 0;
	for (size_t i = 0; i < CK_COUNT(usual) && said < GUESSES_MAX; i++) {
		CK_CLEANUP(ck_buf_fini) struct ck_buf path = CK_BUF_INIT;
		if (ck_buf_addf(&path, "%s%s%s", root, usual[i].path, usual[i].sign) < 0)
			return CK_ENOMEM;
		if (access(path.data, F_OK) < 0)
			continue;
		said++;
		if (ck_buf_addf(ret, "; guess: '%s' looks like %s", usual[i].path, usual[i].what) <
		    0)
			return CK_ENOMEM;
	}
	return 0;
}
