/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * What is taken and what is left out: patterns, rules, the tree with its boxes, and the estimate.
 *
 * A plan's patterns say what is looked at; its rules leave things out again. A box that was
 * unticked in the tree becomes a rule too, so that a plan is complete as text and every omission
 * has a rule number that the archive records.
 */
#ifndef CK_SELECT_H
#define CK_SELECT_H

#include <cyrkeep/server.h>

/**
 * Does external name @name match LIST pattern @pattern? `*` is anything, `%` anything but the
 * separator @sep; a backslash before `*`, `%`, `,` or a backslash takes that character as it is.
 */
bool ck_pattern_match(const char *pattern, const char *name, char sep);

/** One parsed exclusion rule: all of its terms must hold. */
struct ck_rule {
	char *text;         /**< As it was written. */
	char *name;         /**< name:PATTERN, or NULL. */
	char *below;        /**< below:PATTERN, or NULL: that mailbox and everything under it. */
	char *leaf;         /**< leaf:NAME, or NULL: the last part of the name, exactly. */
	char *special;      /**< special:\Junk, or NULL. */
	char *partition;    /**< partition:NAME, or NULL. */
	uint64_t larger;    /**< Bytes; strictly larger; UINT64_MAX when absent. */
	int64_t older_days; /**< Whole days since INTERNALDATE, at least; -1 when absent. */
};

/** Parse RULE. @return 0, CK_EUSAGE naming the term that is wrong, CK_ENOMEM. */
int ck_rule_parse(const char *text, struct ck_rule *ret, struct ck_err *err) CK_MUST_USE;
void ck_rule_fini(struct ck_rule *rule);

/** A rule without larger and older leaves out whole mailboxes. */
bool ck_rule_is_whole(const struct ck_rule *rule);

/** Do the mailbox terms of the rule hold for @mailbox? (Those of its messages are another matter.)
 */
bool ck_rule_matches_mailbox(const struct ck_rule *rule, const struct ck_server *server,
                             const struct ck_mailbox *mailbox);

/**
 * Do the message terms hold? @age_days is the whole days between @internaldate and @now (seconds
 * since 1970), rounded down; a message exactly as old as the rule says is caught.
 */
bool ck_rule_matches_message(const struct ck_rule *rule, uint64_t size, int64_t internaldate,
                             int64_t now);

/** What would happen to one mailbox. */
struct ck_estimate_mailbox {
	uint32_t mailbox;  /**< Index into server->mailboxes. */
	int left_out;      /**< Number of the first rule that leaves it out whole, or 0. */
	uint64_t messages; /**< That would be taken; for one left out, that are left out. */
	uint64_t bytes;    /**< Of those. */
};

/** What one rule catches by itself, whatever the others do. */
struct ck_rule_effect {
	uint64_t mailboxes; /**< Left out whole, or with at least one message caught. */
	uint64_t messages;
	uint64_t bytes;
};

/** The effect of a plan on a server. */
struct ck_estimate {
	struct ck_estimate_mailbox
		*mailboxes; /**< Those the patterns select, in the server's order. */
	size_t nmailboxes;
	struct ck_rule_effect *rules; /**< One per plan->exclude, in order. */
	size_t nrules;
	uint64_t taken_mailboxes, taken_messages, taken_bytes; /**< The total. */
};

/**
 * Work out what @plan takes. Reads index records only of mailboxes where a rule asks for size or
 * age, and never a message file. @now is the moment ages count from, seconds since 1970.
 *
 * @return 0, CK_EUSAGE for a bad rule or a pattern that selects nothing, CK_ECANCEL, CK_ENOMEM.
 */
int ck_estimate(const struct ck_server *server, const struct ck_plan *plan, int64_t now,
                struct ck_watch *watch, struct ck_estimate *ret, struct ck_err *err) CK_MUST_USE;
void ck_estimate_fini(struct ck_estimate *est);

/** A box. */
enum ck_tick {
	CK_TICK_OFF,
	CK_TICK_PART,
	CK_TICK_ON,
};

enum ck_node_kind {
	CK_NODE_ROOT,      /**< The server. */
	CK_NODE_CONFIG,    /**< The configuration directory with the databases. */
	CK_NODE_PARTITION, /**< One data partition. */
	CK_NODE_USERS,     /**< "users" of a partition. */
	CK_NODE_SHARED,    /**< "shared" of a partition. */
	CK_NODE_DELAYED,   /**< "deleted" of a partition: delayed-deleted mailboxes. */
	CK_NODE_MAILBOX,   /**< A user's INBOX, a mailbox, or a name that only leads to others. */
};

#define CK_NODE_NONE UINT32_MAX

/** A node of the tree. Nodes are numbered; parents come before their children. */
struct ck_node {
	enum ck_node_kind kind;
	const char *label;     /**< Last part of the name, UTF-8; belongs to the tree or server. */
	uint32_t mailbox;      /**< Index into server->mailboxes, or CK_NODE_NONE. */
	uint32_t parent;       /**< CK_NODE_NONE for the root. */
	uint32_t first_child;  /**< CK_NODE_NONE for a leaf. */
	uint32_t next_sibling; /**< CK_NODE_NONE for the last. */
	uint16_t depth;        /**< 0 for the root. */
	uint32_t mailboxes;    /**< In the subtree, itself included. */
	uint32_t ticked;       /**< Of those, ticked. */
	uint64_t messages;     /**< In the subtree. */
	uint64_t bytes;        /**< In the subtree. */
	uint64_t bytes_ticked; /**< In the subtree, of ticked mailboxes. */
	uint64_t messages_ticked;
};

/** The tree partition > users or shared > mailbox, with boxes. Owned by one thread. */
struct ck_tree {
	const struct ck_server *server; /**< Borrowed; must outlive the tree. */
	struct ck_node *nodes;          /**< nodes[0] is the root. */
	size_t n;
	uint8_t *on;    /**< Per mailbox of the server: ticked. */
	bool config_on; /**< The configuration directory is taken. */
	void *arena;
};

/** Build it with everything ticked; 1,000,000 mailboxes take well under a second. */
int ck_tree_build(const struct ck_server *server, struct ck_tree **ret,
                  struct ck_err *err) CK_MUST_USE;
void ck_tree_free(struct ck_tree *tree);

/** Add the sizes up anew, after ck_server_read_heads(). */
void ck_tree_refresh(struct ck_tree *tree);

/** Tick or untick a node with everything below it. */
void ck_tree_set(struct ck_tree *tree, uint32_t node, bool on);
enum ck_tick ck_tree_state(const struct ck_tree *tree, uint32_t node);

/** Set the boxes as patterns and whole-mailbox rules of @plan say. @return 0, CK_EUSAGE, CK_ENOMEM.
 */
int ck_tree_from_plan(struct ck_tree *tree, const struct ck_plan *plan,
                      struct ck_err *err) CK_MUST_USE;

/**
 * Write the boxes into @plan: select becomes "*", and each unticked part becomes the shortest rules
 * (`partition:`, `below:`, `name:`) in front of nothing: rules of the plan that the boxes do not
 * express (size, age, leaf, special, wildcards) are kept in their order, first, unless they would
 * leave out a mailbox that is ticked. @return 0 or CK_ENOMEM.
 */
int ck_tree_to_plan(const struct ck_tree *tree, struct ck_plan *plan,
                    struct ck_err *err) CK_MUST_USE;

/** A file or directory of the configuration directory that is left out by default, and why. */
struct ck_default_exclusion {
	const char
		*name;   /**< Exact last path element, e.g. "deliver.db", "proc/", "cyrus.squat". */
	const char *why; /**< "rebuilt by Cyrus itself" */
};

/** The default exclusions (S27 to S32); ends with a NULL name. */
const struct ck_default_exclusion *ck_default_exclusions(void);

#endif
