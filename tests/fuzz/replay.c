/* SPDX-License-Identifier: BSD-2-Clause */
/** Runs a fuzz target over the files of its corpus, without libFuzzer: `fuzz_x FILE|DIR…`. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz/fuzz.h"

static unsigned long inputs;

/* Every input is also cut and bent a little, so that a corpus of good files still bites. */
static void replay_bytes(uint8_t *data, size_t len)
{
	(void)LLVMFuzzerTestOneInput(data, len);
	for (size_t cut = 1; cut <= 64 && cut < len; cut++)
		(void)LLVMFuzzerTestOneInput(data, len - cut * len / 65);
	for (size_t i = 0; i < 256 && i < len; i++) {
		size_t at = (i * 2654435761u) % len;
		uint8_t kept = data[at];
		data[at] = (uint8_t)(kept ^ (1u << (i % 8)));
		(void)LLVMFuzzerTestOneInput(data, len);
		data[at] = kept;
	}
	inputs++;
}

static int replay_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	if (!f || fseek(f, 0, SEEK_END) < 0) {
		perror(path);
		if (f)
			(void)fclose(f);
		return 1;
	}
	long len = ftell(f);
	rewind(f);
	uint8_t *data = malloc(len > 0 ? (size_t)len : 1);
	if (!data || len < 0 || fread(data, 1, (size_t)len, f) != (size_t)len) {
		perror(path);
		free(data);
		(void)fclose(f);
		return 1;
	}
	(void)fclose(f);
	replay_bytes(data, (size_t)len);
	free(data);
	return 0;
}

static int replay_dir(const char *path)
{
	DIR *dir = opendir(path);
	if (!dir)
		return replay_file(path);
	int bad = 0;
	for (struct dirent *e = readdir(dir); e; e = readdir(dir)) {
		char *file = NULL;
		if (e->d_name[0] == '.')
			continue;
		if (asprintf(&file, "%s/%s", path, e->d_name) < 0)
			abort();
		bad |= replay_file(file);
		free(file);
	}
	(void)closedir(dir);
	return bad;
}

int main(int argc, char **argv)
{
	int bad = argc < 2;
	for (int i = 1; i < argc; i++)
		bad |= replay_dir(argv[i]);
	printf("%s: %lu inputs\n", argv[0], inputs);
	return bad || inputs == 0;
}
