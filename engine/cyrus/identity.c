/* SPDX-License-Identifier: BSD-2-Clause */
#include "cyrus/identity.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "cyrus/conf.h"

char *identity_host(void)
{
	char name[HOST_NAME_MAX + 1] = "";
	if (gethostname(name, sizeof name) < 0 || !name[0])
		return strdup("localhost");
	name[sizeof name - 1] = '\0';
	return strdup(name);
}

void identity_fini(struct identity *id)
{
	free(id->host);
	free(id->configdirectory);
	*id = (struct identity){0};
}

int identity_read(const struct ck_settings *settings, struct identity *ret, struct ck_err *err)
{
	CK_CLEANUP(conf_freep) struct conf *conf = NULL;
	struct identity id = {.host = identity_host()};
	int r = conf_load(settings->imapd_conf, &conf, NULL);
	if (r == 0)
		id.configdirectory = strdup(conf->configdirectory);
	if (!id.host || r == CK_ENOMEM || (r == 0 && !id.configdirectory)) {
		identity_fini(&id);
		return ck_err_nomem(err);
	}
	*ret = id;
	return 0;
}

/* The length of a path without slashes at its end. */
static size_t path_len(const char *path)
{
	size_t len = strlen(path);
	while (len > 1 && path[len - 1] == '/')
		len--;
	return len;
}

bool identity_is(const struct identity *id, const char *host, const char *configdirectory)
{
	const char *ours = id->configdirectory;
	if (strcasecmp(id->host, host) != 0)
		return false;
	if (!ours || !configdirectory || !*configdirectory)
		return true;
	size_t len = path_len(ours);
	return path_len(configdirectory) == len && memcmp(ours, configdirectory, len) == 0;
}
