/* SPDX-License-Identifier: BSD-2-Clause */
/* The undo journal as a crash may leave it: parsed in place, nothing outside its text is touched.
 */
#include "fuzz/fuzz.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "hold/journal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > JOURNAL_SIZE)
		return 0;
	struct journal *j = calloc(1, sizeof *j);
	CHECK(j);
	memcpy(j->text, data, size);
	journal_parse(j);
	CHECK(j->n <= JOURNAL_ENTRIES);
	for (size_t i = 0; i < j->n; i++) {
		const struct journal_entry *e = &j->entries[i];
		CHECK(e->n <= JOURNAL_WORDS && !e->words[e->n]);
		for (size_t k = 0; k < e->n; k++)
			CHECK(e->words[k] >= j->text &&
			      e->words[k] + strlen(e->words[k]) <= j->text + size);
	}
	free(j);
	return 0;
}
