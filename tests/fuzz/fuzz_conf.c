/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz/fuzz.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "cyrus/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ck_err err = CK_ERR_INIT;
	struct conf *conf = NULL;
	int r = conf_parse("fuzz", (const char *)data, size, &conf, &err);
	CHECK(r == 0 || (r < 0 && err.code == r && err.msg[0] && !conf));
	if (r < 0)
		return 0;
	for (size_t i = 0; i < conf->n; i++)
		CHECK(conf_get(conf, conf->lines[i].key) == conf->lines[i].value);
	const char *outer, *inner;
	for (size_t i = 0; conf_overlap(conf, &i, &outer, &inner);)
		CHECK(outer && inner);
	/* With itself it has no difference; every setting that another one lacks is told once. */
	struct ck_differences d = {0};
	struct conf *other = NULL;
	static const char least[] = "configdirectory: /\npartition-default: /\n";
	const struct conf_side side = {conf, 306, NULL};
	CHECK(conf_parse("least", least, sizeof least - 1, &other, &err) == 0);
	CHECK(conf_differences(&side, &side, &d, &err) == 0);
	CHECK(d.n == 0 && d.spelled_out.n == 0);
	CHECK(conf_differences(&side, &(struct conf_side){other, 306, NULL}, &d, &err) == 0);
	CHECK(d.n + d.spelled_out.n <= conf->n + other->n && d.nrestore <= d.n);
	ck_differences_fini(&d);
	conf_free(other);
	conf_free(conf);
	return 0;
}
