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

#include <cyrkeep/runs.h>
#include <cyrkeep/server.h>

/**
 * Does external name @name match LIST pattern @pattern? `*` is anything, `%` anything but the
 * separator @sep; a backslash before `*`, `%`, `,` or a backslash takes that character as it is.
 */
bool ck_pattern_match(const char *pattern, const char *name, char sep);

/** The order in which people expect names: f2 before f10, case as the last resort. Negative, 0 or
 * positive as strcmp(); 0 only for equal strings. Bytes above ASCII by value. */
int ck_natural_compare(const char *a, const char *b);

/**
 * The same order for what sorts many: bytes that compare as ck_natural_compare() does, sixteen
 * of them at a time as two numbers, from byte 16 * @part on; zeros behind the last. No string's
 * bytes are the beginning of another's. @return whether there are more.
 */
bool ck_natural_key(const char *text, uint32_t part, uint64_t ret[2]);

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
	bool off;           /**< Switched off: no mailbox fits. */
};

/** Parse RULE. @return 0, CK_EUSAGE naming the term that is wrong, CK_ENOMEM. */
int ck_rule_parse(const char *text, struct ck_rule *ret, struct ck_err *err) CK_MUST_USE;
void ck_rule_fini(struct ck_rule *rule);

/**
 * A rule that is switched off has `off` as its first term: it stands in its plan and leaves out
 * nothing. @return what stands behind that term, or NULL for a rule that is on.
 */
const char *ck_rule_off(const char *text);

/** Keep only the rules that are on, in their order: those that a backup applies and records. */
void ck_rules_drop_off(struct ck_strv *rules);

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

/**
 * What may be meant by a rule that catches nothing: a term that fits some mailbox in the place of
 * its names or its role, "special:\Junk" for leaf:Spam; owned. NULL when nothing comes to mind.
 * @ret_fits  Some mailbox fits as it is; then it is their messages that are not large or old.
 */
char *ck_rule_guess(const struct ck_server *server, const char *text, bool *ret_fits);

/** What would happen to one mailbox. */
struct ck_estimate_mailbox {
	uint32_t mailbox;  /**< Index into server->mailboxes. */
	int left_out;      /**< Number of the first rule that leaves it out whole, or 0. */
	uint64_t messages; /**< That would be taken; for one left out, that are left out. */
	uint64_t bytes;    /**< Of those. */
};

#define CK_RULES_SEVERAL UINT32_MAX

/** What one rule catches by itself, whatever the others do; of one that is off, what it would. */
struct ck_rule_effect {
	uint64_t mailboxes; /**< Left out whole, or with at least one message caught. */
	uint64_t messages;
	uint64_t bytes;
	int64_t oldest; /**< INTERNALDATE of one; 0 where whole mailboxes are caught. */
	/** The number of the earlier rule that leaves out all of that already, CK_RULES_SEVERAL if
	 * it takes more than one; 0 while something is left for this one. */
	uint32_t by;
	bool off;
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

/** Does each pattern of @plan select a mailbox? @return 0; CK_EUSAGE naming one that does not;
 * CK_EGATE when the list of mailboxes is empty; CK_ENOMEM. */
int ck_plan_selects(const struct ck_server *server, const struct ck_plan *plan,
                    struct ck_err *err) CK_MUST_USE;

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
	CK_NODE_PART,      /**< Below it: one kind of what is in it, in the order of enum
	                      ck_config_kind; has no box of its own. */
	CK_NODE_PARTITION, /**< One data partition. */
	CK_NODE_DOMAIN,    /**< One virtual domain; label "": what is in none. */
	CK_NODE_USERS,     /**< "users" of a partition, of a domain, or of all. */
	CK_NODE_SHARED,    /**< "shared" of the same. */
	CK_NODE_DELAYED,   /**< "deleted" of the same: delayed-deleted mailboxes. */
	CK_NODE_INBOX,     /**< A user's INBOX, the first below him; its name is his: user/anne. */
	CK_NODE_MAILBOX,   /**< A user, a mailbox, or a name that only leads to others. */
};

#define CK_NODE_NONE UINT32_MAX

/**
 * A node of the tree. Nodes are numbered in the order in which an open tree shows them: what lies
 * below a node follows it. So do the mailboxes, each of which stands at exactly one node.
 */
struct ck_node {
	const char *label;  /**< Last part of the name, UTF-8; belongs to the tree or server. */
	uint32_t mailbox;   /**< Index into server->mailboxes, or CK_NODE_NONE. */
	uint32_t parent;    /**< CK_NODE_NONE for the root. */
	uint32_t end;       /**< Behind the last node below it. */
	uint32_t first;     /**< Place of the first mailbox at or below it, from 0. */
	uint32_t mailboxes; /**< How many there are; their places are neighbours. */
	uint16_t depth;     /**< 0 for the root. */
	uint8_t kind;       /**< enum ck_node_kind */
	bool split;         /**< These lie in several partitions. */
};

/** What lies between the server and its users and shared mailboxes. */
enum ck_grouping {
	CK_GROUP_BY_PARTITION,
	CK_GROUP_BY_NOTHING, /**< A user is one node, wherever his mailboxes lie. */
	CK_GROUP_BY_DOMAIN,  /**< Labels below are without their domain. */
};
#define CK_GROUPINGS 3

/** What mailboxes come to. */
struct ck_sum {
	uint64_t mailboxes, messages, bytes;
};

/** The tree partition > users or shared > mailbox, or grouped otherwise. Constant: any thread may
 * read it. */
struct ck_tree {
	const struct ck_server *server; /**< Borrowed; must outlive the tree. */
	enum ck_grouping grouping;
	struct ck_node *nodes; /**< nodes[0] is the root. */
	size_t n;
	size_t mailboxes;      /**< Places. */
	struct ck_sum *before; /**< By place, one more than there are: all that lies before it. */
	void *arena;
};

/** Build it; 1,000,000 mailboxes take well under a second. @server's heads are read. */
int ck_tree_build(const struct ck_server *server, enum ck_grouping grouping, struct ck_tree **ret,
                  struct ck_err *err) CK_MUST_USE;
void ck_tree_free(struct ck_tree *tree);

/** The first child, and the sibling behind @node; CK_NODE_NONE where there is none. */
uint32_t ck_tree_child(const struct ck_tree *tree, uint32_t node);
uint32_t ck_tree_sibling(const struct ck_tree *tree, uint32_t node);

/** The node of the user at @user within another partition; CK_NODE_NONE where he has none. Of a
 * tree that is grouped by partition. */
uint32_t ck_tree_user_on(const struct ck_tree *tree, uint32_t user, uint32_t partition);

/** All mailboxes at and below @node. */
struct ck_sum ck_tree_sum(const struct ck_tree *tree, uint32_t node);

/** The domain of a mailbox, a part of its name; "" without one. */
const char *ck_mailbox_domain(const struct ck_mailbox *mailbox);

/** The full name of a node of the kind INBOX or MAILBOX as a pattern that means it alone; appended.
 */
void ck_tree_name(const struct ck_tree *tree, uint32_t node, struct ck_buf *ret);

/**
 * The boxes of a tree: which mailboxes are ticked, by place. Kept as runs, so that a tick costs the
 * same on one mailbox and on a million, and a copy is small. Owned by one thread.
 */
struct ck_boxes {
	const struct ck_tree *tree; /**< Borrowed; must outlive the boxes. */
	struct ck_runs ticked;      /**< Changed by ck_boxes_replace() alone. */
	struct ck_sum *before;      /**< Per run of these: all that is ticked before it. */
	size_t before_cap;
	bool config_on; /**< The configuration directory is taken. */
};

/** Everything is ticked. @return 0 or CK_ENOMEM. */
int ck_boxes_init(struct ck_boxes *boxes, const struct ck_tree *tree) CK_MUST_USE;
int ck_boxes_copy(const struct ck_boxes *boxes, struct ck_boxes *ret) CK_MUST_USE;
void ck_boxes_fini(struct ck_boxes *boxes);

/** Tick or untick a node with everything below it. @return 0, or CK_ENOMEM with nothing changed. */
int ck_boxes_set(struct ck_boxes *boxes, uint32_t node, bool on) CK_MUST_USE;

/** Let the places from @first to @end - 1 be ticked as @part says. @return as ck_boxes_set(). */
int ck_boxes_replace(struct ck_boxes *boxes, uint32_t first, uint32_t end,
                     const struct ck_runs *part) CK_MUST_USE;

enum ck_tick ck_boxes_state(const struct ck_boxes *boxes, uint32_t node);

/** What is ticked at and below @node. */
struct ck_sum ck_boxes_sum(const struct ck_boxes *boxes, uint32_t node);

/** Set the boxes as patterns and whole-mailbox rules of @plan say. @return 0, CK_EUSAGE, CK_ENOMEM,
 * then with nothing changed. */
int ck_boxes_from_plan(struct ck_boxes *boxes, const struct ck_plan *plan,
                       struct ck_err *err) CK_MUST_USE;

/**
 * Write the boxes into @plan: select becomes "*", and each unticked part becomes the shortest rules
 * (`partition:`, `below:`, `name:`) in front of nothing: rules of the plan that the boxes do not
 * express (size, age, leaf, special, wildcards; in a tree that is not grouped by partition those of
 * partitions) are kept in their order, first, unless they would leave out a mailbox that is
 * ticked. @return 0 or CK_ENOMEM.
 */
int ck_boxes_to_plan(const struct ck_boxes *boxes, struct ck_plan *plan,
                     struct ck_err *err) CK_MUST_USE;

/** A file or directory that is left out by default, and why. Each can be switched off by a plan. */
struct ck_default_exclusion {
	const char
		*name;   /**< Exact last path element, e.g. "deliver.db", "proc/", "cyrus.squat". */
	const char *why; /**< "rebuilt by Cyrus itself" */
	const char *where; /**< "configuration", "partitions", "search partitions" */
};

#define CK_DEFAULT_EXCLUSIONS 12

/** The default exclusions, CK_DEFAULT_EXCLUSIONS of them; ends with a NULL name. */
const struct ck_default_exclusion *ck_default_exclusions(void);

/**
 * Which of them are switched off by names in @keep: bit i stands for ck_default_exclusions()[i].
 * @return 0, or CK_EUSAGE for a name that is none of them.
 */
int ck_defaults_kept(const struct ck_strv *keep, uint32_t *ret, struct ck_err *err) CK_MUST_USE;

/** What one of them catches at present; directories are not counted, only what lies in them. */
struct ck_default_effect {
	uint64_t files, bytes;
};

/**
 * What each default exclusion catches of the backup @plan with estimate @est: what would be added
 * to the archive if it were switched off. Looks at the files themselves, one or two per mailbox.
 * @return 0, CK_ECANCEL, CK_ENOMEM.
 */
int ck_default_effects(const struct ck_server *server, const struct ck_plan *plan,
                       const struct ck_estimate *est, struct ck_watch *watch,
                       struct ck_default_effect ret[CK_DEFAULT_EXCLUSIONS],
                       struct ck_err *err) CK_MUST_USE;

/** What the configuration is made of. */
enum ck_config_kind {
	CK_CONFIG_MAILBOXES, /**< mailboxes.db */
	CK_CONFIG_ANNOTATIONS,
	CK_CONFIG_QUOTAS,
	CK_CONFIG_SUBSCRIPTIONS,
	CK_CONFIG_SEEN, /**< Files of read marks: those of the index lie with the mailbox. */
	CK_CONFIG_SIEVE,
	CK_CONFIG_CONVERSATIONS,
	CK_CONFIG_DAV,
	CK_CONFIG_OTHER,
	CK_CONFIG_KINDS,
};

/** "subscriptions" */
const char *ck_config_kind_name(enum ck_config_kind kind);

/**
 * What the configuration with its databases comes to in an archive: its directory, that of sieve,
 * and what settings have put elsewhere; by kind. Looks at each file. @kept as of
 * ck_defaults_kept(). @return 0, CK_ECANCEL, CK_ENOMEM.
 */
int ck_config_size(const struct ck_server *server, uint32_t kept, struct ck_watch *watch,
                   struct ck_default_effect ret[CK_CONFIG_KINDS], struct ck_err *err) CK_MUST_USE;

#endif
