/* SPDX-License-Identifier: BSD-2-Clause */
/** cyrus.conf: cut up in place, nothing outside it is touched, and a refusal names a line of it. */
#include "fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "cyrus/master_compare.h"
#include "cyrus/master_conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct ck_err err = CK_ERR_INIT;
	char *text = malloc(len + 1);
	CHECK(text);
	memcpy(text, data, len);
	text[len] = '\0';
	int r = master_conf_check_text("c", text, len, NULL, &err);
	CHECK(r == 0 || (r == CK_EUSAGE && strncmp(err.msg, "'c', line ", 10) == 0));
	free(text);
	/* With itself it has no difference, or cannot be read on both sides. */
	char *was = strndup((const char *)data, len), *is = was ? strdup(was) : NULL;
	struct ck_differences d = {0};
	CHECK(is);
	r = master_differences(&(struct master_side){"c", was, strlen(was)},
	                       &(struct master_side){"c", is, strlen(is)}, &d, &err);
	CHECK(d.n == 0 && (r == 0 || r == CK_EUSAGE));
	free(was);
	free(is);
	return 0;
}
