/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * The settings of cyrkeep: /etc/cyrkeep.conf, all of it optional.
 *
 * A libconfig file with the groups state, imapd_conf, cyrus_conf, server, master, destinations,
 * plans, archive, hold and ui. Unknown keys and wrong types are errors that name file and line.
 */
#ifndef CK_SETTINGS_H
#define CK_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cyrkeep/buf.h>
#include <cyrkeep/err.h>

#define CK_SETTINGS_FILE "/etc/cyrkeep.conf"

/** How to speak TLS to the server. */
enum ck_tls {
	CK_TLS_AUTO,     /**< STARTTLS, or failure; on loopback only when no password is taken
	                    without. */
	CK_TLS_STARTTLS, /**< STARTTLS or failure. */
	CK_TLS_IMAPS,    /**< TLS from the first byte. */
	CK_TLS_NONE,     /**< Plain. */
};

/** The running server, as a client sees it. */
struct ck_settings_server {
	char *host;          /**< "127.0.0.1" unless set. */
	uint16_t port;       /**< 143 unless set. */
	uint16_t sync_port;  /**< 0: the IMAP port speaks the sync commands too. */
	enum ck_tls tls;     /**< CK_TLS_AUTO unless set. */
	char *admin;         /**< "cyrus" unless set. */
	char *password_file; /**< Must be mode 0600 or stricter; NULL while unset. */
};

/** How master is stopped, started and proven. */
struct ck_settings_master {
	char *recipe;         /**< "auto", "systemd", "init", "process" or a file of recipes/. */
	char *pidfile;        /**< For process: master locks it as long as it lives. */
	struct ck_strv start; /**< For process: argv. */
	int timeout_s;        /**< For stop and for start; 60 unless set. */
};

/** Where archives are kept. */
struct ck_destination {
	char *name; /**< How the administrator calls it. */
	char *type; /**< "directory". */
	char *path; /**< Absolute. */
};

/** Saved answers: what to back up, how, and to where. */
struct ck_plan {
	char *name;             /**< NULL for a run that was not saved. */
	char *method;           /**< "stop", …; NULL: chosen by itself. */
	char *driver;           /**< NULL: chosen by itself. */
	char *destination;      /**< Name; NULL: the first. */
	struct ck_strv select;  /**< Patterns; empty means "*". */
	struct ck_strv exclude; /**< Rules, in order, those that are off (`off,` in front) too; rule
	                           numbers count from 1. */
	struct ck_strv keep;    /**< Default exclusions that are switched off, by name: archived. */
	bool without_config;  /**< The configuration directory is left out (typed confirmation). */
	bool without_secrets; /**< TLS keys and passwords in settings files are left out. */
};

/** All settings, defaults filled in. Owns its strings. */
struct ck_settings {
	char *file;       /**< The file that was read, or NULL when there was none. */
	char *state;      /**< State directory. */
	char *imapd_conf; /**< Path. */
	char *cyrus_conf; /**< Path. */
	char *program;    /**< Path of the cyrkeep program, to start workers with. */
	struct ck_settings_server server;
	struct ck_settings_master master;
	struct ck_destination *destinations; /**< The first is the default; never empty. */
	size_t ndestinations;
	/** From the settings, then those saved in STATE/plans/ whose names are not taken. */
	struct ck_plan *plans;
	size_t nplans;
	int archive_level;        /**< zstd level, 1 to 19. */
	unsigned archive_threads; /**< 0: one per core. */
	int max_downtime_s;       /**< 600 unless set. */
	int max_freeze_s;         /**< 10 unless set. */
	char *theme;              /**< "default" unless set. */
	char *given; /**< What the command line overrode: " --state /srv/state", for a shell. */
};

/** What the command line overrides; NULL members override nothing. */
struct ck_overrides {
	const char *imapd_conf; /**< -C */
	const char *state;      /**< --state */
};

/**
 * Read settings.
 *
 * @file       Path, or NULL for CK_SETTINGS_FILE, which alone may be absent.
 * @over       What the command line says; may be NULL.
 * @ret        Initialised on success; release with ck_settings_fini().
 * @return 0, CK_ENOTFOUND, CK_EUSAGE with file and line, CK_EDENIED, CK_ENOMEM.
 */
int ck_settings_load(const char *file, const struct ck_overrides *over, struct ck_settings *ret,
                     struct ck_err *err) CK_MUST_USE;
void ck_settings_fini(struct ck_settings *s);

/** Append how the program is called so that it takes the same settings: "cyrkeep", or
 * "cyrkeep -c FILE". */
void ck_settings_command(const struct ck_settings *s, struct ck_buf *ret);

/** The destination called @name (NULL: the default), borrowed. CK_ENOTFOUND names those there are.
 */
int ck_settings_destination(const struct ck_settings *s, const char *name,
                            const struct ck_destination **ret, struct ck_err *err) CK_MUST_USE;

/** The plan called @name, borrowed. CK_ENOTFOUND names those there are. */
int ck_settings_plan(const struct ck_settings *s, const char *name, const struct ck_plan **ret,
                     struct ck_err *err) CK_MUST_USE;

/**
 * Save @plan under its name as STATE/plans/NAME.conf, mode 0600, by rename.
 *
 * @return 0, CK_EUSAGE for a name that is not [A-Za-z0-9_-]+ or that the settings file already
 * uses, or a failure of the file system.
 */
int ck_plan_save(const struct ck_settings *s, const struct ck_plan *plan,
                 struct ck_err *err) CK_MUST_USE;

/**
 * The answers that a console has collected but not yet saved or started, STATE/draft.conf: there is
 * at most one, and the last who saves it wins. A plan without a name stays without one.
 *
 * @ret_saved  When it was saved, seconds since 1970.
 * @return 0; CK_ENOTFOUND when there is none; CK_EUSAGE when it cannot be read; failures of the
 * file system. Removing one that is not there is fine.
 */
int ck_draft_save(const struct ck_settings *s, const struct ck_plan *plan,
                  struct ck_err *err) CK_MUST_USE;
int ck_draft_load(const struct ck_settings *s, struct ck_plan *ret, int64_t *ret_saved,
                  struct ck_err *err) CK_MUST_USE;
int ck_draft_remove(const struct ck_settings *s, struct ck_err *err) CK_MUST_USE;

/**
 * The password of server.admin: the one line of server.password_file, appended to @ret.
 *
 * @return 0; CK_ENOTFOUND when no file is named or it is missing; CK_EDENIED with the remedy when
 * group or others may get at it; CK_EUSAGE when it is empty or has several lines.
 */
int ck_settings_password(const struct ck_settings *s, struct ck_buf *ret,
                         struct ck_err *err) CK_MUST_USE;

/** Deep copy; @ret is initialised on success. @return 0 or CK_ENOMEM. */
int ck_plan_copy(const struct ck_plan *plan, struct ck_plan *ret) CK_MUST_USE;
void ck_plan_fini(struct ck_plan *plan);

#endif
