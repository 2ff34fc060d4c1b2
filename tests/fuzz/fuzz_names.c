/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names of mailboxes from any bytes, in every namespace: what a database or an administrator calls
 * a mailbox, and back. The first byte chooses the namespace.
 */
#include "fuzz/fuzz.h"

#include <stdio.h>
#include <string.h>

#include "cyrus/conf.h"
#include "cyrus/names.h"

static struct conf *conf_of(unsigned bits)
{
	static const char *const virt[] = {"off", "userid", "on", "off"};
	char text[200];
	struct conf *conf = NULL;
	(void)snprintf(text, sizeof text,
	               "configdirectory: /c\npartition-default: /p\nunixhierarchysep: %s\n"
	               "altnamespace: %s\nvirtdomains: %s\ndefaultdomain: d.org\n",
	               bits & 1 ? "yes" : "no", bits & 2 ? "yes" : "no", virt[bits >> 2 & 3]);
	CHECK(conf_parse("fuzz", text, strlen(text), &conf, NULL) == 0);
	return conf;
}

/*
 * An internal name that an external one leads to leads back to it; but for one with an '@' of its
 * own, which Cyrus takes for that of a domain as well.
 */
static void there_and_back(const struct conf *conf, const char *name)
{
	struct ck_buf internal = CK_BUF_INIT, external = CK_BUF_INIT, again = CK_BUF_INIT;
	struct ck_buf owner = CK_BUF_INIT, wire = CK_BUF_INIT;
	struct ck_err err = CK_ERR_INIT;
	int r = name_to_internal(conf, name, &internal, &err);
	CHECK(r == 0 || (r == err.code && err.msg[0]));
	if (r == 0) {
		CHECK(name_to_external(conf, internal.data, &external) == 0);
		if (!strchr(internal.data, '@')) {
			CHECK(name_to_internal(conf, external.data, &again, &err) == 0);
			CHECK(strcmp(internal.data, again.data) == 0);
			CHECK(name_compare(internal.data, again.data) == 0);
		}
		(void)name_owner(conf, internal.data, &owner);
		CHECK(name_to_wire(external.data, &wire) == 0);
		(void)name_is_deleted(conf, internal.data);
	}
	ck_buf_fini(&internal);
	ck_buf_fini(&external);
	ck_buf_fini(&again);
	ck_buf_fini(&owner);
	ck_buf_fini(&wire);
}

/* Names of databases are any bytes; what is made of them can be shown. */
static void from_database(const struct conf *conf, const char *name, size_t len)
{
	struct ck_buf internal = CK_BUF_INIT, external = CK_BUF_INIT;
	CHECK(name_from_database(name, len, &internal) == 0);
	CHECK(name_to_external(conf, internal.data, &external) == 0);
	CHECK(name_compare(internal.data, internal.data) == 0);
	ck_buf_fini(&internal);
	ck_buf_fini(&external);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len == 0 || len > 2000)
		return 0;
	struct conf *conf = conf_of(data[0]);
	char *name = strndup((const char *)data + 1, len - 1);
	CHECK(name);
	there_and_back(conf, name);
	from_database(conf, name, strlen(name));
	free(name);
	conf_free(conf);
	return 0;
}
