/* SPDX-License-Identifier: BSD-2-Clause */
/* A rule from any bytes, laid upon a mailbox whose name comes from the same bytes. */
#include "fuzz/fuzz.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "select/pattern.h"
#include <cyrkeep/select.h>

static void lay_upon(const struct ck_rule *rule, const char *name)
{
	struct ck_partition partition = {.name = strdup("default")};
	struct ck_server server = {.separator = '/', .partitions = &partition, .npartitions = 1};
	struct ck_mailbox m = {.name = name, .intname = name, .special = "\\Junk \\Sent"};
	(void)ck_rule_matches_mailbox(rule, &server, &m);
	(void)ck_rule_matches_message(rule, 1, 0, INT64_MAX);
	bool fits = ck_rule_matches_mailbox(rule, &server, &m);
	CHECK(!(rule->name && strcmp(rule->name, "*") == 0 && !rule->below && !rule->leaf &&
	        !rule->special && !rule->partition && fits == rule->off));
	CHECK(!(rule->off && fits));
	CHECK(rule->off == (ck_rule_off(rule->text) != NULL));
	free(partition.name);
}

/* A name, escaped, is a pattern that matches it. */
static void escape(const char *name)
{
	struct ck_buf pattern = CK_BUF_INIT;
	pattern_escape(name, &pattern);
	CHECK(ck_pattern_match(pattern.data, name, '/'));
	ck_buf_fini(&pattern);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len > 512)
		return 0;
	char *text = strndup((const char *)data, len);
	struct ck_rule rule;
	struct ck_err err = CK_ERR_INIT;
	int r = ck_rule_parse(text, &rule, &err);
	CHECK(r >= 0 || (r == err.code && err.msg[0]));
	if (r >= 0) {
		lay_upon(&rule, text);
		ck_rule_fini(&rule);
	}
	(void)ck_pattern_match(text, text, '/');
	escape(text);
	free(text);
	return 0;
}
