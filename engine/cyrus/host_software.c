/* SPDX-License-Identifier: BSD-2-Clause */
/* Which software the store was written by: to find the same again, on a machine that can run it. */
#include <fcntl.h>
#include <gnu/libc-version.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/spawn.h"
#include "cyrus/host.h"
#include "cyrus/server_parts.h"

#define TIMEOUT_MS 10000

/* All that a program says, or NULL when it is not there or fails. */
static char *words_of(const char *const *argv)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf out = CK_BUF_INIT;
	int status;
	if (spawn_run(argv, TIMEOUT_MS, &out, &status, NULL) < 0 || status != 0 || !out.len)
		return NULL;
	return ck_buf_take(&out);
}

/* PRETTY_NAME="..." of os-release. */
static char *system_name(void)
{
	static const char key[] = "PRETTY_NAME=";
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	if (fs_read_file(AT_FDCWD, "/etc/os-release", 65536, &text, NULL) < 0)
		return NULL;
	const char *p = text.data;
	while (p && strncmp(p, key, sizeof key - 1) != 0) {
		p = strchr(p, '\n');
		p = p ? p + 1 : NULL;
	}
	if (!p)
		return NULL;
	p += sizeof key - 1;
	p += *p == '"' || *p == '\'';
	return strndup(p, strcspn(p, "\"'\n"));
}

static char *package_of(const char *program)
{
	const char *const rpm[] = {"rpm",   "-qf", "--qf", "%{NAME} %{VERSION}-%{RELEASE}\n",
	                           program, NULL};
	const char *const dpkg[] = {"dpkg-query", "-S", program, NULL};
	CK_FREE char *owner = words_of(dpkg); /* "cyrus-imapd: /usr/lib/cyrus/bin/imapd" */
	CK_FREE char *answer = NULL;
	if (owner) {
		owner[strcspn(owner, ":,\n")] = '\0';
		const char *const version[] = {"dpkg-query", "-W", "-f", "${Package} ${Version}\n",
		                               owner,        NULL};
		answer = words_of(version);
	} else {
		answer = words_of(rpm);
	}
	return answer ? strndup(answer, strcspn(answer, "\n")) : NULL;
}

static char *installed_packages(void)
{
	static const char *const dpkg[] = {"dpkg-query", "-W", "-f", "${Package} ${Version}\n",
	                                   NULL};
	static const char *const rpm[] = {"rpm", "-qa", "--qf", "%{NAME} %{VERSION}-%{RELEASE}\n",
	                                  NULL};
	char *list = words_of(dpkg);
	return list ? list : words_of(rpm);
}

/* The first program called so in the directories of Cyrus's programs, or NULL. */
static char *find_program(const char *name)
{
	for (const char *const *dir = server_program_dirs(); *dir; dir++) {
		char *path = NULL;
		if (asprintf(&path, "%s/%s", *dir, name) < 0)
			return NULL;
		if (access(path, X_OK) == 0)
			return path;
		free(path);
	}
	return NULL;
}

void software_read(struct software *ret)
{
	CK_FREE char *imapd = find_program("imapd");
	CK_FREE char *buildinfo = find_program("cyr_buildinfo");
	struct utsname host;
	*ret = (struct software){0};
	if (uname(&host) == 0) {
		ret->architecture = strdup(host.machine);
		ret->kernel = strdup(host.release);
	}
	if (asprintf(&ret->libc, "glibc %s", gnu_get_libc_version()) < 0)
		ret->libc = NULL;
	ret->system = system_name();
	if (imapd)
		ret->package = package_of(imapd);
	if (buildinfo)
		ret->build = words_of((const char *const[]){buildinfo, NULL});
	ret->packages = installed_packages();
}

void software_fini(struct software *s)
{
	free(s->package);
	free(s->system);
	free(s->architecture);
	free(s->kernel);
	free(s->libc);
	free(s->build);
	free(s->packages);
	*s = (struct software){0};
}
