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

const char *const *server_program_dirs(void)
{
	static const char *const dirs[] = {
		"/usr/lib/cyrus/bin",       /* Debian */
		"/usr/libexec/cyrus-imapd", /* Fedora, Red Hat since 8 */
		"/usr/lib/cyrus-imapd",     /* Red Hat before, openSUSE, Arch */
		"/usr/cyrus/bin",           /* upstream 2.x */
		"/usr/local/cyrus/bin",     /* FreeBSD */
		"/usr/local/sbin",          /* upstream 3.x */
		"/usr/local/libexec",       "/usr/sbin", NULL,
	};
	return dirs;
}

char *server_version(const char *imapd_conf)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf tool = CK_BUF_INIT;
	char *version = NULL;
	for (const char *const *dir = server_program_dirs(); *dir && !version; dir++) {
		ck_buf_reset(&tool);
		if (ck_buf_addf(&tool, "%s/cyr_info", *dir) < 0)
			return NULL;
		const char *const argv[] = {tool.data, "-C", imapd_conf, "version", NULL};
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
