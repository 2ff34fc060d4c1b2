/* SPDX-License-Identifier: BSD-2-Clause */
#include <ctype.h>
#include <string.h>

#include "base/spawn.h"
#include "cyrus/server_parts.h"

#define TIMEOUT_MS 3000

/* What a program says behind @prefix, up to the end of the line; NULL when it says otherwise. */
static char *ask(const char *const *argv, const char *prefix)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf out = CK_BUF_INIT;
	int status;
	if (spawn_run(argv, TIMEOUT_MS, &out, &status, NULL) < 0 || status != 0)
		return NULL;
	size_t skip = strlen(prefix);
	if (strncmp(out.data, prefix, skip) != 0 || !isdigit((unsigned char)out.data[skip]))
		return NULL;
	return strndup(out.data + skip, strcspn(out.data + skip, "\r\n"));
}

char *server_version(const char *imapd_conf)
{
	static const char *const tools[] = {
		"/usr/lib/cyrus/bin/cyr_info",       /* Debian */
		"/usr/libexec/cyrus-imapd/cyr_info", /* Fedora, Red Hat since 8 */
		"/usr/lib/cyrus-imapd/cyr_info",     /* Red Hat before, openSUSE, Arch */
		"/usr/cyrus/bin/cyr_info",           /* upstream 2.x */
		"/usr/local/cyrus/bin/cyr_info",     /* FreeBSD */
		"/usr/local/sbin/cyr_info",          /* upstream 3.x */
		"/usr/local/libexec/cyr_info",
	};
	char *version = NULL;
	for (size_t i = 0; i < CK_COUNT(tools) && !version; i++) {
		const char *const argv[] = {tools[i], "-C", imapd_conf, "version", NULL};
		version = ask(argv, "cyrus-imapd ");
	}
	/* cyr_info has told its version only since 3.0; the package knows it always. */
	static const char *const dpkg[] = {"dpkg-query",   "-W",           "-f",
	                                   "${Version}\n", "cyrus-common", NULL};
	static const char *const rpm[] = {"rpm", "-q", "--qf", "%{VERSION}\n", "cyrus-imapd", NULL};
	if (!version)
		version = ask(dpkg, "");
	if (!version)
		version = ask(rpm, "");
	return version;
}
