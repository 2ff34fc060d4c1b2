/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"

#include <string.h>

#include "archive/frame.h"
#include "archive/seektable.h"

static struct ck_buf pack(const char *text, size_t len)
{
	struct ck_err err = CK_ERR_INIT;
	struct frame_packer *p = NULL;
	struct ck_buf out = CK_BUF_INIT;
	assert_ok(frame_packer_new(3, &p, &err), &err);
	assert_ok(frame_pack(p, text, len, &out, &err), &err);
	frame_packer_free(p);
	return out;
}

static int unpack(const void *data, size_t len, size_t want, struct ck_buf *ret, struct ck_err *err)
{
	struct frame_unpacker *u = NULL;
	assert_ok(frame_unpacker_new(&u, err), err);
	int r = frame_unpack(u, data, len, want, ret, err);
	frame_unpacker_free(u);
	return r;
}

static void test_a_frame_gives_its_bytes_back(void **state)
{
	(void)state;
	struct ck_err err = CK_ERR_INIT;
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT, back = CK_BUF_INIT;
	for (int i = 0; i < 5000; i++)
		ck_buf_addf(&text, "line %d\r\n", i);
	CK_CLEANUP(ck_buf_fini) struct ck_buf frame = pack(text.data, text.len);
	assert_true(frame.len < text.len / 2);
	assert_ok(unpack(frame.data, frame.len, text.len, &back, &err), &err);
	assert_int_equal(back.len, text.len);
	assert_memory_equal(back.data, text.data, text.len);
}

static void test_a_cut_or_bent_frame_is_damage(void **state)
{
	(void)state;
	static const char text[] = "Nothing is lost. The truth is told.";
	CK_CLEANUP(ck_buf_fini) struct ck_buf back = CK_BUF_INIT;
	CK_CLEANUP(ck_buf_fini) struct ck_buf frame = pack(text, sizeof text);
	for (size_t cut = 0; cut < frame.len; cut++) {
		struct ck_err err = CK_ERR_INIT;
		assert_err(unpack(frame.data, cut, sizeof text, &back, &err), &err, CK_ECORRUPT,
		           "frame");
	}
	for (size_t i = 0; i < frame.len; i++) {
		struct ck_err err = CK_ERR_INIT;
		frame.data[i] ^= 0x41;
		int r = unpack(frame.data, frame.len, sizeof text, &back, &err);
		frame.data[i] ^= 0x41;
		assert_int_equal(r, CK_ECORRUPT);
	}
}

static void test_a_frame_of_another_size_is_damage(void **state)
{
	(void)state;
	struct ck_err err = CK_ERR_INIT;
	CK_CLEANUP(ck_buf_fini) struct ck_buf back = CK_BUF_INIT;
	CK_CLEANUP(ck_buf_fini) struct ck_buf frame = pack("0123456789", 10);
	assert_int_equal(unpack(frame.data, frame.len, 11, &back, &err), CK_ECORRUPT);
	assert_int_equal(unpack(frame.data, frame.len, 9, &back, &err), CK_ECORRUPT);
	assert_int_equal(unpack(frame.data, frame.len, (size_t)FRAME_LIMIT + 1, &back, &err),
	                 CK_ECORRUPT);
}

/* A table of three frames behind 60 bytes of them. */
static void make_table(struct ck_buf *ret)
{
	CK_CLEANUP(seektable_fini) struct seektable t = {0};
	assert_int_equal(seektable_add(&t, 10, 100), 0);
	assert_int_equal(seektable_add(&t, 20, 200), 0);
	assert_int_equal(seektable_add(&t, 30, 300), 0);
	assert_int_equal(seektable_put(&t, ret), 0);
}

static void test_a_table_is_what_the_specification_says(void **state)
{
	(void)state;
	/* Written by hand from the specification of the format. */
	static const uint8_t want[] = {0x5e, 0x2a, 0x4d, 0x18, 33,   0,    0,    0,   10, 0,   0,
	                               0,    100,  0,    0,    0,    20,   0,    0,   0,  200, 0,
	                               0,    0,    30,   0,    0,    0,    44,   1,   0,  0,   3,
	                               0,    0,    0,    0,    0xb1, 0xea, 0x92, 0x8f};
	CK_CLEANUP(ck_buf_fini) struct ck_buf got = CK_BUF_INIT;
	make_table(&got);
	assert_int_equal(got.len, sizeof want);
	assert_memory_equal(got.data, want, sizeof want);
}

static void test_a_table_is_read_again(void **state)
{
	(void)state;
	struct ck_err err = CK_ERR_INIT;
	uint64_t len = 0;
	CK_CLEANUP(ck_buf_fini) struct ck_buf bytes = CK_BUF_INIT;
	CK_CLEANUP(seektable_fini) struct seektable t = {0};
	make_table(&bytes);
	const uint8_t *data = (const uint8_t *)bytes.data;
	uint64_t size = 60 + bytes.len;
	assert_ok(seektable_length(data + bytes.len - SEEKTABLE_FOOTER, size, &len, &err), &err);
	assert_int_equal(len, bytes.len);
	assert_ok(seektable_parse(data, bytes.len, size, &t, &err), &err);
	assert_int_equal(t.n, 3);
	assert_int_equal(t.frames[2].offset, 30);
	assert_int_equal(t.frames[2].packed, 30);
	assert_int_equal(t.frames[2].size, 300);
}

/* A whole file of nothing may be called one frame: it is not even read then. */
static void test_a_frame_larger_than_zstd_makes_it_is_refused(void **state)
{
	(void)state;
	const uint32_t packed[] = {FRAME_PACKED_LIMIT, FRAME_PACKED_LIMIT + 1};
	for (size_t i = 0; i < CK_COUNT(packed); i++) {
		CK_CLEANUP(ck_buf_fini) struct ck_buf bytes = CK_BUF_INIT;
		CK_CLEANUP(seektable_fini) struct seektable made = {0}, t = {0};
		struct ck_err err = CK_ERR_INIT;
		assert_int_equal(seektable_add(&made, packed[i], FRAME_LIMIT), 0);
		assert_int_equal(seektable_put(&made, &bytes), 0);
		assert_int_equal(seektable_parse((const uint8_t *)bytes.data, bytes.len,
		                                 packed[i] + bytes.len, &t, &err),
		                 i ? CK_ECORRUPT : 0);
	}
}

static void test_no_bent_table_points_outside_the_file(void **state)
{
	(void)state;
	CK_CLEANUP(ck_buf_fini) struct ck_buf bytes = CK_BUF_INIT;
	make_table(&bytes);
	uint64_t size = 60 + bytes.len;
	for (size_t i = 0; i < bytes.len * 8; i++) {
		CK_CLEANUP(seektable_fini) struct seektable t = {0};
		struct ck_err err = CK_ERR_INIT;
		bytes.data[i / 8] ^= (char)(1 << i % 8);
		int r = seektable_parse((const uint8_t *)bytes.data, bytes.len, size, &t, &err);
		bytes.data[i / 8] ^= (char)(1 << i % 8);
		for (size_t f = 0; r >= 0 && f < t.n; f++)
			assert_true(t.frames[f].offset + t.frames[f].packed <= 60);
		assert_true(r == 0 || r == CK_ECORRUPT);
	}
	for (size_t cut = 0; cut < bytes.len; cut++) {
		struct seektable t = {0};
		assert_int_equal(seektable_parse((const uint8_t *)bytes.data, cut, size, &t, NULL),
		                 CK_ECORRUPT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_frame_gives_its_bytes_back),
		cmocka_unit_test(test_a_cut_or_bent_frame_is_damage),
		cmocka_unit_test(test_a_frame_of_another_size_is_damage),
		cmocka_unit_test(test_a_table_is_what_the_specification_says),
		cmocka_unit_test(test_a_table_is_read_again),
		cmocka_unit_test(test_a_frame_larger_than_zstd_makes_it_is_refused),
		cmocka_unit_test(test_no_bent_table_points_outside_the_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
