/* SPDX-License-Identifier: BSD-2-Clause */
#include <cyrkeep/data.h>

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cyrkeep/err.h>

static char *running_program(void)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
	path[n > 0 ? n : 0] = '\0';
	return strdup(path);
}

/* A program in DIR/build or DIR/bin has its data below DIR. */
static bool is_below(const char *dir, const char *sub, const char *file, uid_t owner,
                     struct ck_buf *ret)
{
	struct stat st;
	ck_buf_reset(ret);
	return ck_buf_addf(ret, "%s/%s/%s", dir, sub, file) == 0 && stat(ret->data, &st) == 0 &&
	       S_ISREG(st.st_mode) && (st.st_uid == 0 || st.st_uid == owner);
}

int ck_data_find(const char *program, const char *folder, const char *file, struct ck_buf *ret)
{
	CK_FREE char *dir = program ? strdup(program) : running_program();
	const char *slash = strrchr(folder, '/');
	CK_CLEANUP(ck_buf_fini) struct ck_buf installed = CK_BUF_INIT;
	if (!dir || ck_buf_addf(&installed, "share/cyrkeep/%s", slash ? slash + 1 : folder) < 0)
		return CK_ENOMEM;
	struct stat self;
	bool known = stat(dir, &self) == 0;
	for (char *end = strrchr(dir, '/'); known && end && end > dir; end = strrchr(dir, '/')) {
		*end = '\0';
		if (is_below(dir, folder, file, self.st_uid, ret) ||
		    is_below(dir, installed.data, file, self.st_uid, ret))
			return 0;
	}
	ck_buf_reset(ret);
	if (ck_buf_addf(ret, "%s/%s/%s", CK_DATADIR, slash ? slash + 1 : folder, file) < 0)
		return CK_ENOMEM;
	return access(ret->data, R_OK) == 0 ? 0 : CK_ENOTFOUND;
}
