/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cyrus/index.h"
#include "support/indexwriter.h"

static const uint32_t versions[] = {6, 7, 8, 9, 10, 12, 13, 14, 15, 16, 17, 18, 19, 20};

/* Every field differs from every other, so that a swapped pair of offsets shows. */
static struct index_header full_header(uint32_t version)
{
	return (struct index_header){
		.generation = 101,
		.format = 102,
		.version = version,
		.exists = 104,
		.last_uid = 105,
		.uidvalidity = 106,
		.options = 107,
		.last_appenddate = 1700000108,
		.pop3_last_login = 1700000109,
		.recent_time = 1700000110,
		.quota_bytes = 0x1100000111,
		.highestmodseq = 0x1200000112,
		.deletedmodseq = 0x1300000113,
		.deleted = 114,
		.answered = 115,
		.flagged = 116,
		.unseen = 117,
		.sync_crc = 0xfedc0118,
		.recent_uid = 119,
	};
}

static struct index_record full_record(uint32_t uid)
{
	struct index_record r = {
		.uid = uid,
		.internaldate = 1700000201 + uid,
		.sentdate = 1700000202 + uid,
		.gmtime = 1700000203 + uid,
		.last_updated = 1700000204 + uid,
		.savedate = 1700000205 + uid,
		.size = 206000 + uid,
		.header_size = 207 + uid,
		.cache_offset = 208 + uid,
		.cache_crc = 0xf0000209,
		.content_lines = 210 + uid,
		.system_flags = INDEX_SEEN | INDEX_FLAGGED,
		.user_flags = {0x80000001, 2, 4, 0x40000008},
		.modseq = 0x2100000211 + uid,
		.createdmodseq = 0x2200000212 + uid,
		.cid = 0xa300000213a3a3a3,
	};
	for (size_t i = 0; i < GUID_SIZE; i++)
		r.guid[i] = (uint8_t)(0x90 + i + uid);
	return r;
}

/* A whole file as index_take() wants it. */
static uint8_t *build(uint32_t version, uint32_t nrecords, size_t *ret_len)
{
	struct ck_buf buf = CK_BUF_INIT;
	struct index_header h = full_header(version);
	indexwriter_index_header(&buf, &h, nrecords);
	for (uint32_t uid = 1; uid <= nrecords; uid++) {
		struct index_record r = full_record(uid);
		indexwriter_index_record(&buf, version, &r);
	}
	*ret_len = buf.len;
	return (uint8_t *)ck_buf_take(&buf);
}

static void check_header(const struct index_header *got, uint32_t version)
{
	struct index_header want = full_header(version);
	assert_int_equal(got->generation, want.generation);
	assert_int_equal(got->format, want.format);
	assert_int_equal(got->version, version);
	assert_int_equal(got->header_size, indexwriter_header_size(version));
	assert_int_equal(got->record_size, indexwriter_record_size(version));
	assert_int_equal(got->num_records, 3);
	assert_int_equal(got->last_uid, want.last_uid);
	assert_int_equal(got->uidvalidity, want.uidvalidity);
	assert_int_equal(got->options, want.options);
	assert_int_equal(got->last_appenddate, want.last_appenddate);
	assert_int_equal(got->pop3_last_login, want.pop3_last_login);
	assert_int_equal(got->quota_bytes, want.quota_bytes);
	assert_int_equal(got->deleted, want.deleted);
	assert_int_equal(got->answered, want.answered);
	assert_int_equal(got->flagged, want.flagged);
	assert_int_equal(got->highestmodseq, version >= 8 ? want.highestmodseq : 0);
	assert_int_equal(got->exists, version >= 12 ? want.exists : 3);
	assert_int_equal(got->deletedmodseq, version >= 12 ? want.deletedmodseq : 0);
	assert_int_equal(got->recent_time, version >= 12 ? want.recent_time : 0);
	assert_int_equal(got->sync_crc, version >= 12 ? want.sync_crc : 0);
	assert_int_equal(got->recent_uid, version >= 12 ? want.recent_uid : 0);
	assert_int_equal(got->unseen, version >= 14 ? want.unseen : 0);
	assert_int_equal(got->has_crc, version >= 12);
	assert_int_equal(got->has_guid, version >= 10);
	assert_true(got->crc_ok);
}

static void check_record(const struct index_record *got, uint32_t uid, uint32_t version)
{
	static const uint8_t no_guid[GUID_SIZE];
	struct index_record want = full_record(uid);
	assert_int_equal(got->uid, uid);
	assert_int_equal(got->internaldate, want.internaldate);
	assert_int_equal(got->sentdate, want.sentdate);
	assert_int_equal(got->last_updated, want.last_updated);
	assert_int_equal(got->size, want.size);
	assert_int_equal(got->header_size, want.header_size);
	assert_int_equal(got->cache_offset, want.cache_offset);
	assert_int_equal(got->system_flags, want.system_flags);
	assert_memory_equal(got->user_flags, want.user_flags, sizeof want.user_flags);
	assert_int_equal(got->gmtime, version >= 12 ? want.gmtime : 0);
	assert_int_equal(got->cache_crc, version >= 12 ? want.cache_crc : 0);
	assert_int_equal(got->content_lines, version <= 14 ? want.content_lines : 0);
	assert_int_equal(got->savedate, version >= 15 ? want.savedate : 0);
	assert_memory_equal(got->guid, version >= 10 ? want.guid : no_guid, GUID_SIZE);
	assert_int_equal(got->modseq, version >= 8 ? want.modseq : 0);
	assert_int_equal(got->cid, version >= 13 ? want.cid : 0);
	assert_int_equal(got->createdmodseq, version >= 16 ? want.createdmodseq : 0);
	assert_true(got->crc_ok);
}

static void every_field_of_every_version_comes_back(void **state)
{
	(void)state;
	for (size_t v = 0; v < CK_COUNT(versions); v++) {
		size_t len;
		uint8_t *data = build(versions[v], 3, &len);
		struct index index;
		struct ck_err err = CK_ERR_INIT;
		assert_int_equal(len, indexwriter_header_size(versions[v]) +
		                              3 * indexwriter_record_size(versions[v]));
		assert_ok(index_take(data, len, &index, &err), &err);
		check_header(&index.header, versions[v]);
		assert_int_equal(index.nrecords, 3);
		assert_false(index.torn);
		for (uint32_t i = 0; i < 3; i++) {
			struct index_record r;
			index_record(&index, i, &r);
			check_record(&r, i + 1, versions[v]);
		}
		index_fini(&index);
	}
}

static void a_cut_at_every_byte_is_an_error_or_told_as_torn(void **state)
{
	(void)state;
	for (size_t v = 0; v < CK_COUNT(versions); v++) {
		size_t whole;
		CK_FREE uint8_t *data = build(versions[v], 3, &whole);
		size_t header = indexwriter_header_size(versions[v]);
		size_t record = indexwriter_record_size(versions[v]);
		for (size_t len = 0; len < whole; len++) {
			uint8_t *cut = malloc(len ? len : 1); /* exact, for the sanitizer */
			struct index index;
			struct ck_err err = CK_ERR_INIT;
			assert_non_null(cut);
			memcpy(cut, data, len);
			int r = index_take(cut, len, &index, &err);
			if (len < header) {
				assert_err(r, &err, CK_ECORRUPT, "ends inside its header");
				continue;
			}
			assert_ok(r, &err);
			assert_true(index.torn);
			assert_int_equal(index.nrecords, (len - header) / record);
			for (uint32_t i = 0; i < index.nrecords; i++) {
				struct index_record rec;
				index_record(&index, i, &rec);
				check_record(&rec, i + 1, versions[v]);
			}
			index_fini(&index);
		}
	}
}

static void a_flipped_bit_shows_in_the_crc_of_its_header_or_record_only(void **state)
{
	(void)state;
	for (size_t v = 0; v < CK_COUNT(versions); v++) {
		if (versions[v] < 12)
			continue;
		size_t len, header = indexwriter_header_size(versions[v]);
		size_t record = indexwriter_record_size(versions[v]);
		uint8_t *data = build(versions[v], 3, &len);
		data[header + record + 40] ^= 0x10;
		data[header - 6] ^= 0x01;
		struct index index;
		struct ck_err err = CK_ERR_INIT;
		assert_ok(index_take(data, len, &index, &err), &err);
		assert_false(index.header.crc_ok);
		for (size_t i = 0; i < 3; i++) {
			struct index_record r;
			index_record(&index, i, &r);
			assert_int_equal(r.crc_ok, i != 1);
		}
		index_fini(&index);
	}
}

static void records_behind_the_counted_ones_are_ignored(void **state)
{
	(void)state;
	struct ck_buf buf = CK_BUF_INIT;
	struct index_header h = full_header(17);
	indexwriter_index_header(&buf, &h, 1);
	for (uint32_t uid = 1; uid <= 2; uid++) {
		struct index_record r = full_record(uid);
		indexwriter_index_record(&buf, 17, &r);
	}
	size_t len = buf.len;
	struct index index;
	struct ck_err err = CK_ERR_INIT;
	assert_ok(index_take((uint8_t *)ck_buf_take(&buf), len, &index, &err), &err);
	assert_int_equal(index.nrecords, 1);
	assert_false(index.torn);
	index_fini(&index);
}

static void a_count_of_four_billion_records_allocates_nothing(void **state)
{
	(void)state;
	struct ck_buf buf = CK_BUF_INIT;
	struct index_header h = full_header(17);
	indexwriter_index_header(&buf, &h, 0xffffffff);
	struct index_record r = full_record(1);
	indexwriter_index_record(&buf, 17, &r);
	size_t len = buf.len;
	struct index index;
	struct ck_err err = CK_ERR_INIT;
	assert_ok(index_take((uint8_t *)ck_buf_take(&buf), len, &index, &err), &err);
	assert_int_equal(index.header.num_records, 0xffffffff);
	assert_int_equal(index.nrecords, 1);
	assert_true(index.torn);
	index_fini(&index);
}

static void the_cache_offset_has_48_bits_from_version_13(void **state)
{
	(void)state;
	for (size_t v = 0; v < CK_COUNT(versions); v++) {
		struct ck_buf buf = CK_BUF_INIT;
		struct index_header h = full_header(versions[v]);
		struct index_record r = full_record(1), got;
		r.cache_offset = 0xabcd12345678;
		indexwriter_index(&buf, &h, &r, 1);
		size_t len = buf.len;
		struct index index;
		struct ck_err err = CK_ERR_INIT;
		assert_ok(index_take((uint8_t *)ck_buf_take(&buf), len, &index, &err), &err);
		index_record(&index, 0, &got);
		assert_int_equal(got.cache_offset, versions[v] >= 13 ? 0xabcd12345678 : 0x12345678);
		index_fini(&index);
	}
}

/* Parse a header whose word at @at was replaced. */
static int parse_with(uint32_t at, uint32_t value, struct index_header *ret, struct ck_err *err)
{
	size_t len;
	CK_FREE uint8_t *data = build(17, 1, &len);
	for (uint32_t i = 0; i < 4; i++)
		data[at + i] = (uint8_t)(value >> (24 - 8 * i));
	return index_header_parse(data, len, ret, err);
}

static void other_versions_are_refused_with_a_remedy(void **state)
{
	(void)state;
	struct index_header h;
	struct ck_err err = CK_ERR_INIT;
	assert_err(parse_with(8, 21, &h, &err), &err, CK_EUNSUPPORTED, "index version 21");
	assert_true(test_contains(err.remedy, "reconstruct -V 20"));
	assert_err(parse_with(8, 5, &h, &err), &err, CK_EUNSUPPORTED, "index version 5 is not");
	assert_true(test_contains(err.remedy, "converts"));
	assert_err(parse_with(8, 11, &h, &err), &err, CK_EUNSUPPORTED, "index version 11");
	assert_err(parse_with(8, 0, &h, &err), &err, CK_ECORRUPT, "not an index");
	assert_err(parse_with(8, 0x47494638, &h, &err), &err, CK_ECORRUPT, "not an index");
}

static void impossible_sizes_are_refused(void **state)
{
	(void)state;
	static const uint32_t bad[] = {0, 1, 111, 112, 257, 0x7fffffff, 0xffffffff};
	struct index_header h;
	for (size_t i = 0; i < CK_COUNT(bad); i++) {
		struct ck_err err = CK_ERR_INIT;
		assert_err(parse_with(12, bad[i], &h, &err), &err, CK_ECORRUPT, "its header has");
		if (bad[i] != 112)
			assert_err(parse_with(16, bad[i], &h, &err), &err, CK_ECORRUPT,
			           "its record has");
	}
}

static void wider_records_are_stepped_over_by_their_own_size(void **state)
{
	(void)state;
	struct ck_buf buf = CK_BUF_INIT;
	struct index_header h = full_header(9);
	indexwriter_index_header(&buf, &h, 2);
	buf.data[19] = 84; /* four bytes that nobody knows */
	for (uint32_t uid = 1; uid <= 2; uid++) {
		struct index_record r = full_record(uid);
		indexwriter_index_record(&buf, 9, &r);
		assert_int_equal(ck_buf_adds(&buf, "more"), 0);
	}
	size_t len = buf.len;
	struct index index;
	struct ck_err err = CK_ERR_INIT;
	struct index_record r;
	assert_ok(index_take((uint8_t *)ck_buf_take(&buf), len, &index, &err), &err);
	assert_int_equal(index.nrecords, 2);
	index_record(&index, 1, &r);
	check_record(&r, 2, 9);
	index_fini(&index);
}

static void only_records_neither_expunged_nor_unlinked_are_live(void **state)
{
	(void)state;
	struct index_record r = {.system_flags = INDEX_SEEN | INDEX_DELETED | INDEX_ARCHIVED};
	assert_true(index_record_is_live(&r));
	r.system_flags |= INDEX_EXPUNGED;
	assert_false(index_record_is_live(&r));
	r.system_flags = INDEX_UNLINKED;
	assert_false(index_record_is_live(&r));
}

static void files_are_read_and_errors_name_them(void **state)
{
	(void)state;
	CK_FREE char *dir = test_tmpdir(), *path = NULL, *fifo = NULL;
	size_t len;
	CK_FREE uint8_t *data = build(20, 3, &len);
	assert_true(asprintf(&path, "%s/u/anne/cyrus.index", dir) > 0);
	test_write(path, data, len);
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);

	struct index_header h;
	struct index index;
	struct ck_err err = CK_ERR_INIT;
	assert_ok(index_header_read(fd, "u/anne/cyrus.index", &h, &err), &err);
	check_header(&h, 20);
	assert_ok(index_header_read(AT_FDCWD, path, &h, &err), &err);
	check_header(&h, 20);
	assert_ok(index_read(fd, "u/anne/cyrus.index", &index, &err), &err);
	assert_int_equal(index.nrecords, 3);
	index_fini(&index);

	assert_err(index_header_read(fd, "u/bob/cyrus.index", &h, &err), &err, CK_ENOTFOUND,
	           "'u/bob/cyrus.index'");
	assert_err(index_read(fd, "u/bob/cyrus.index", &index, &err), &err, CK_ENOTFOUND,
	           "'u/bob/cyrus.index'");
	test_write(path, data, 30);
	assert_err(index_header_read(fd, "u/anne/cyrus.index", &h, &err), &err, CK_ECORRUPT,
	           "'u/anne/cyrus.index'");
	assert_err(index_read(fd, "u/anne/cyrus.index", &index, &err), &err, CK_ECORRUPT,
	           "'u/anne/cyrus.index'");

	assert_true(asprintf(&fifo, "%s/fifo", dir) > 0);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_true(index_header_read(fd, "fifo", &h, &err) < 0);
	assert_true(index_header_read(fd, "../etc/passwd", &h, &err) < 0);
	close(fd);
	test_rmtree(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_of_every_version_comes_back),
		cmocka_unit_test(a_cut_at_every_byte_is_an_error_or_told_as_torn),
		cmocka_unit_test(a_flipped_bit_shows_in_the_crc_of_its_header_or_record_only),
		cmocka_unit_test(records_behind_the_counted_ones_are_ignored),
		cmocka_unit_test(a_count_of_four_billion_records_allocates_nothing),
		cmocka_unit_test(the_cache_offset_has_48_bits_from_version_13),
		cmocka_unit_test(other_versions_are_refused_with_a_remedy),
		cmocka_unit_test(impossible_sizes_are_refused),
		cmocka_unit_test(wider_records_are_stepped_over_by_their_own_size),
		cmocka_unit_test(only_records_neither_expunged_nor_unlinked_are_live),
		cmocka_unit_test(files_are_read_and_errors_name_them),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
