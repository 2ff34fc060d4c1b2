/* SPDX-License-Identifier: BSD-2-Clause */
#include "cyrus/conf_options.h"

#include <stdlib.h>
#include <string.h>

/* Sorted by key. Switches and paths as 3.6 declares them, with those of later and earlier series
 * that decide where something lies; words as the union of 2.2 to 3.13. */
static const struct conf_option options[] = {
	{"acl_admin_implies_write", CONF_SWITCH, NULL},
	{"allowallsubscribe", CONF_SWITCH, NULL},
	{"allowanonymouslogin", CONF_SWITCH, NULL},
	{"allowapop", CONF_SWITCH, NULL},
	{"allowdeleted", CONF_SWITCH, NULL},
	{"allownewnews", CONF_SWITCH, NULL},
	{"allowplaintext", CONF_SWITCH, NULL},
	{"allowsetacl", CONF_SWITCH, NULL},
	{"allowusermoves", CONF_SWITCH, NULL},
	{"altnamespace", CONF_SWITCH, NULL},
	{"annotation_allow_undefined", CONF_SWITCH, NULL},
	{"annotation_callout_disable_append", CONF_SWITCH, NULL},
	{"annotation_db_path", CONF_PATH, NULL},
	{"annotation_enable_legacy_commands", CONF_SWITCH, NULL},
	{"anyoneuseracl", CONF_SWITCH, NULL},
	{"anysievefolder", CONF_SWITCH, NULL},
	{"archive_enabled", CONF_SWITCH, NULL},
	{"archive_keepflagged", CONF_SWITCH, NULL},
	{"auditlog", CONF_SWITCH, NULL},
	{"autocreate_post", CONF_SWITCH, NULL},
	{"autocreate_sieve_script_compile", CONF_SWITCH, NULL},
	{"autocreate_subscribe_sharedfolders_all", CONF_SWITCH, NULL},
	{"autoexpunge", CONF_SWITCH, NULL},
	{"autosubscribe_all_sharedfolders", CONF_SWITCH, NULL},
	{"backup_db_path", CONF_PATH, NULL},
	{"backup_keep_previous", CONF_SWITCH, NULL},
	{"backup_staging_path", CONF_PATH, NULL},
	{"caldav_accept_invalid_rrules", CONF_SWITCH, NULL},
	{"caldav_alarm_db_path", CONF_PATH, NULL},
	{"caldav_allowattach", CONF_SWITCH, NULL},
	{"caldav_allowcalendaradmin", CONF_SWITCH, NULL},
	{"caldav_create_attach", CONF_SWITCH, NULL},
	{"caldav_create_default", CONF_SWITCH, NULL},
	{"caldav_create_sched", CONF_SWITCH, NULL},
	{"carddav_allowaddmember", CONF_SWITCH, NULL},
	{"carddav_allowaddressbookadmin", CONF_SWITCH, NULL},
	{"carddav_repair_vcard", CONF_SWITCH, NULL},
	{"chatty", CONF_SWITCH, NULL},
	{"client_bind", CONF_SWITCH, NULL},
	{"conversations", CONF_SWITCH, NULL},
	{"conversations_keep_existing", CONF_SWITCH, NULL},
	{"createonpost", CONF_SWITCH, NULL},
	{"crossdomains", CONF_SWITCH, NULL},
	{"crossdomains_onlyother", CONF_SWITCH, NULL},
	{"cyrusdb_autoconvert", CONF_SWITCH, NULL},
	{"debug", CONF_SWITCH, NULL},
	{"delete_mode", CONF_WORD, "immediate delayed"},
	{"delete_unsubscribe", CONF_SWITCH, NULL},
	{"disable_shared_namespace", CONF_SWITCH, NULL},
	{"disable_user_namespace", CONF_SWITCH, NULL},
	{"disconnect_on_vanished_mailbox", CONF_SWITCH, NULL},
	{"duplicate_db_path", CONF_PATH, NULL},
	{"duplicatesuppression", CONF_SWITCH, NULL},
	{"expunge_mode", CONF_WORD, "default immediate semidelayed delayed"},
	{"fastmailsharing", CONF_SWITCH, NULL},
	{"flushseenstate", CONF_SWITCH, NULL},
	{"fulldirhash", CONF_SWITCH, NULL},
	{"generate_compiled_sieve_script", CONF_SWITCH, NULL},
	{"global_lock", CONF_SWITCH, NULL},
	{"hashimapspool", CONF_SWITCH, NULL},
	{"http_jwt_key_dir", CONF_PATH, NULL},
	{"httpallowcompress", CONF_SWITCH, NULL},
	{"httpallowtrace", CONF_SWITCH, NULL},
	{"httpcontentmd5", CONF_SWITCH, NULL},
	{"httpprettytelemetry", CONF_SWITCH, NULL},
	{"idlesocket", CONF_PATH, NULL},
	{"ignorereference", CONF_SWITCH, NULL},
	{"imapidresponse", CONF_SWITCH, NULL},
	{"imapmagicplus", CONF_SWITCH, NULL},
	{"improved_mboxlist_sort", CONF_SWITCH, NULL},
	{"iolog", CONF_SWITCH, NULL},
	{"ischedule_dkim_key_file", CONF_PATH, NULL},
	{"ischedule_dkim_required", CONF_SWITCH, NULL},
	{"jmap_emailsearch_db_path", CONF_PATH, NULL},
	{"jmap_nonstandard_extensions", CONF_SWITCH, NULL},
	{"jmap_set_has_attachment", CONF_SWITCH, NULL},
	{"jmap_vacation", CONF_SWITCH, NULL},
	{"jmapsubmission_deleteonsend", CONF_SWITCH, NULL},
	{"ldap_ca_dir", CONF_PATH, NULL},
	{"ldap_ca_file", CONF_PATH, NULL},
	{"ldap_referrals", CONF_SWITCH, NULL},
	{"ldap_restart", CONF_SWITCH, NULL},
	{"ldap_sasl", CONF_SWITCH, NULL},
	{"ldap_start_tls", CONF_SWITCH, NULL},
	{"ldap_tls_cacert_dir", CONF_PATH, NULL},
	{"ldap_tls_cacert_file", CONF_PATH, NULL},
	{"ldap_tls_check_peer", CONF_SWITCH, NULL},
	{"ldap_verify_peer", CONF_SWITCH, NULL},
	{"literalminus", CONF_SWITCH, NULL},
	{"lmtp_downcase_rcpt", CONF_SWITCH, NULL},
	{"lmtp_fuzzy_mailbox_match", CONF_SWITCH, NULL},
	{"lmtp_over_quota_perm_failure", CONF_SWITCH, NULL},
	{"lmtp_preparse", CONF_SWITCH, NULL},
	{"lmtp_strict_quota", CONF_SWITCH, NULL},
	{"lmtp_strict_rfc2821", CONF_SWITCH, NULL},
	{"lmtpsocket", CONF_PATH, NULL},
	{"loginuseacl", CONF_SWITCH, NULL},
	{"logtimestamps", CONF_SWITCH, NULL},
	{"mailbox_legacy_dirs", CONF_SWITCH, NULL},
	{"master_bind_errors_fatal", CONF_SWITCH, NULL},
	{"mboxlist_db_path", CONF_PATH, NULL},
	{"mboxname_lockpath", CONF_PATH, NULL},
	{"metapartition_files", CONF_WORDS,
         "header index cache expunge squat annotations lock dav archivecache"},
	{"munge8bit", CONF_SWITCH, NULL},
	{"mupdate_config", CONF_WORD, "standard unified replicated"},
	{"newsrc_db_path", CONF_PATH, NULL},
	{"notifysocket", CONF_PATH, NULL},
	{"object_storage_dummy_spool", CONF_PATH, NULL},
	{"object_storage_enabled", CONF_SWITCH, NULL},
	{"openio_autocreate", CONF_SWITCH, NULL},
	{"popsubfolders", CONF_SWITCH, NULL},
	{"popuseacl", CONF_SWITCH, NULL},
	{"popuseimapflags", CONF_SWITCH, NULL},
	{"proc_path", CONF_PATH, NULL},
	{"prometheus_enabled", CONF_SWITCH, NULL},
	{"prometheus_stats_dir", CONF_PATH, NULL},
	{"proxy_compress", CONF_SWITCH, NULL},
	{"proxyd_allow_status_referral", CONF_SWITCH, NULL},
	{"proxyd_disable_mailbox_referrals", CONF_SWITCH, NULL},
	{"ptscache_db_path", CONF_PATH, NULL},
	{"ptskrb5_convert524", CONF_SWITCH, NULL},
	{"ptskrb5_strip_default_realm", CONF_SWITCH, NULL},
	{"quota_db_path", CONF_PATH, NULL},
	{"quota_use_conversations", CONF_SWITCH, NULL},
	{"readonly", CONF_SWITCH, NULL},
	{"reject8bit", CONF_SWITCH, NULL},
	{"replicaonly", CONF_SWITCH, NULL},
	{"reverseacls", CONF_SWITCH, NULL},
	{"reverseuniqueids", CONF_SWITCH, NULL},
	{"rfc2046_strict", CONF_SWITCH, NULL},
	{"rfc2047_utf8", CONF_SWITCH, NULL},
	{"rfc3028_strict", CONF_SWITCH, NULL},
	{"search_fuzzy_always", CONF_SWITCH, NULL},
	{"search_index_headers", CONF_SWITCH, NULL},
	{"search_index_language", CONF_SWITCH, NULL},
	{"search_index_parts", CONF_SWITCH, NULL},
	{"search_query_language", CONF_SWITCH, NULL},
	{"search_skipdiacrit", CONF_SWITCH, NULL},
	{"search_skiphtml", CONF_SWITCH, NULL},
	{"search_stopword_path", CONF_PATH, NULL},
	{"sieve_allowreferrals", CONF_SWITCH, NULL},
	{"sieve_sasl_send_unsolicited_capability", CONF_SWITCH, NULL},
	{"sieve_use_lmtp_reject", CONF_SWITCH, NULL},
	{"sieve_utf8fileinto", CONF_SWITCH, NULL},
	{"sievedir", CONF_PATH, NULL},
	{"sieveusehomedir", CONF_SWITCH, NULL},
	{"singleinstancestore", CONF_SWITCH, NULL},
	{"skiplist_always_checkpoint", CONF_SWITCH, NULL},
	{"skiplist_unsafe", CONF_SWITCH, NULL},
	{"soft_noauth", CONF_SWITCH, NULL},
	{"specialusealways", CONF_SWITCH, NULL},
	{"sql_usessl", CONF_SWITCH, NULL},
	{"srs_alwaysrewrite", CONF_SWITCH, NULL},
	{"statuscache", CONF_SWITCH, NULL},
	{"statuscache_db_path", CONF_PATH, NULL},
	{"sync_cache_db_path", CONF_PATH, NULL},
	{"sync_log", CONF_SWITCH, NULL},
	{"sync_log_chain", CONF_SWITCH, NULL},
	{"sync_shutdown_file", CONF_PATH, NULL},
	{"sync_try_imap", CONF_SWITCH, NULL},
	{"tcp_keepalive", CONF_SWITCH, NULL},
	{"telemetry_bysessionid", CONF_SWITCH, NULL},
	{"temp_path", CONF_PATH, NULL},
	{"tls_ca_file", CONF_PATH, NULL},
	{"tls_ca_path", CONF_PATH, NULL},
	{"tls_cert_file", CONF_PATH, NULL},
	{"tls_client_ca_dir", CONF_PATH, NULL},
	{"tls_client_ca_file", CONF_PATH, NULL},
	{"tls_crl_file", CONF_PATH, NULL},
	{"tls_key_file", CONF_PATH, NULL},
	{"tls_prefer_server_ciphers", CONF_SWITCH, NULL},
	{"tls_required", CONF_SWITCH, NULL},
	{"tls_server_ca_dir", CONF_PATH, NULL},
	{"tls_server_ca_file", CONF_PATH, NULL},
	{"tls_sessions_db_path", CONF_PATH, NULL},
	{"tlscache_db_path", CONF_PATH, NULL},
	{"unix_group_enable", CONF_SWITCH, NULL},
	{"unixhierarchysep", CONF_SWITCH, NULL},
	{"userdeny_db_path", CONF_PATH, NULL},
	{"username_tolower", CONF_SWITCH, NULL},
	{"virtdomains", CONF_WORD, "off userid on"},
	{"xbackup_enabled", CONF_SWITCH, NULL},
	{"zoneinfo_db_path", CONF_PATH, NULL},
};

static int by_key(const void *key, const void *option)
{
	return strcmp(key, ((const struct conf_option *)option)->key);
}

const struct conf_option *conf_option_find(const char *key)
{
	return bsearch(key, options, CK_COUNT(options), sizeof options[0], by_key);
}

bool conf_switch_parse(const char *value, bool *ret)
{
	switch (value[0]) {
	case '0':
	case 'n':
	case 'f':
		*ret = false;
		return true;
	case '1':
	case 'y':
	case 't':
		*ret = true;
		return true;
	case 'o':
		*ret = value[1] == 'n';
		return value[1] == 'n' || value[1] == 'f';
	default:
		return false;
	}
}

bool conf_words_have(const char *words, const char *word, size_t len)
{
	while (*words) {
		size_t n = strcspn(words, " ");
		if (n == len && memcmp(words, word, len) == 0)
			return true;
		words += n + (words[n] == ' ');
	}
	return false;
}

const char *conf_word(const char *words, const char *value)
{
	static const struct {
		const char *said, *meant;
	} synonyms[] = {
		{"yes", "on"}, {"t", "on"},  {"true", "on"},   {"1", "on"},
		{"no", "off"}, {"f", "off"}, {"false", "off"}, {"0", "off"},
	};
	const char *word = value;
	for (size_t i = 0; i < CK_COUNT(synonyms); i++)
		if (strcmp(value, synonyms[i].said) == 0)
			word = synonyms[i].meant;
	return conf_words_have(words, word, strlen(word)) ? word : NULL;
}

int conf_option_check(const char *key, const char *value, struct ck_err *err)
{
	const struct conf_option *option = conf_option_find(key);
	bool on;
	if (!option)
		return 0;
	if (option->kind == CONF_SWITCH && !conf_switch_parse(value, &on))
		return ck_err_set(err, CK_EUSAGE, "option '%s' must be yes or no, not '%s'", key,
		                  value);
	if (option->kind == CONF_WORD && !conf_word(option->words, value))
		return ck_err_set(err, CK_EUSAGE, "option '%s' must be one of '%s', not '%s'", key,
		                  option->words, value);
	if (option->kind != CONF_WORDS)
		return 0;
	for (const char *p = value + strspn(value, CONF_BLANKS); *p;) {
		size_t n = strcspn(p, CONF_BLANKS);
		if (!conf_words_have(option->words, p, n))
			return ck_err_set(err, CK_EUSAGE,
			                  "option '%s' may hold only words of '%s', not '%.*s'",
			                  key, option->words, (int)n, p);
		p += n + strspn(p + n, CONF_BLANKS);
	}
	return 0;
}
