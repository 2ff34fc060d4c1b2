/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "cyrus/conf.h"

static const char *const compared[] = {
	"virtdomains",         "defaultdomain",   "unixhierarchysep",
	"altnamespace",        "hashimapspool",   "fulldirhash",
	"metapartition_files", "mboxlist_db",     "annotation_db",
	"seenstate_db",        "subscription_db", "quota_db",
	"conversations_db",    "userdeny_db",     NULL,
};

const char *const *conf_compared(void)
{
	return compared;
}

int conf_effective(const struct conf *conf, const char *key, struct ck_buf *ret)
{
	static const char *const virt[] = {
		[CONF_VIRT_OFF] = "off", [CONF_VIRT_USERID] = "userid", [CONF_VIRT_ON] = "on"};
	const struct {
		const char *key;
		bool on;
	} switches[] = {
		{"unixhierarchysep", conf->unixhierarchysep},
		{"altnamespace", conf->altnamespace},
		{"hashimapspool", conf->hashimapspool},
		{"fulldirhash", conf->fulldirhash},
	};
	for (size_t i = 0; i < CK_COUNT(switches); i++)
		if (strcmp(switches[i].key, key) == 0)
			return ck_buf_adds(ret, switches[i].on ? "yes" : "no");
	if (strcmp(key, "virtdomains") == 0)
		return ck_buf_adds(ret, virt[conf->virtdomains]);
	const char *value = conf_get(conf, key);
	return ck_buf_adds(ret, value ? value : "default");
}
