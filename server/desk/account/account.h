/* The accounts that customers write to: a channel may have several, each with its own token, greeting and state. A customer
 * belongs to one account (customer.account is its id in decimal).
 *
 * Rows are never deleted: a removed account has no token and no lease, and its conversations stay readable. Tokens and proxies
 * are sealed settings (desk/setting). The words of `updates` and `state` are the channel's own.
 *
 * The lease says which process fetches an account's messages, when several share a database. Taking it from another holder
 * increments the account's fence; a transaction that stores a fetched message checks the fence (account_fence_holds), so a
 * process that was stopped and continues stores nothing under a lease that it has lost. */
#ifndef SB_DESK_ACCOUNT_ACCOUNT_H
#define SB_DESK_ACCOUNT_ACCOUNT_H

#include "base/json.h"
#include "desk/desk.h"

enum account_source { ACCOUNT_OF_PANEL, ACCOUNT_OF_ENVIRONMENT };
/* What a new customer must do before the desk sees their messages: nothing, press a button, or answer a simple sum. */
enum account_first_contact { ACCOUNT_CONTACT_NONE, ACCOUNT_CONTACT_BUTTON, ACCOUNT_CONTACT_SUM };
extern const struct json_enum account_first_contact_names;
enum { ACCOUNTS_MAX = 20 /* of a channel, without removed ones */, ACCOUNT_CHAIN_MAX = 1000 /* of successors */ };

struct account_row {
  int64_t id, position;
  str channel, name, username; /* name, username: "" when unknown */
  int source;                  /* enum account_source */
  bool paused;
  str updates;
  str api_url;                   /* absent: the configured one */
  str greeting, greeting_ru;     /* absent: the desk's; empty: none */
  int first_contact;             /* enum account_first_contact */
  str check_text, check_text_ru; /* above the button or the sum; absent: the default */
  str block_text, block_text_ru; /* for whom an operator has blocked; absent: none */
  str state, error;              /* absent: unknown, none */
  bool fallback;                 /* fetches in another way than it should, for now; error says why */
  int64_t checked_at, fence, successor_id, removed_at, created_at, updated_at;
  /* ---- the lease ---- */
  str holder; /* absent: nobody has ever had it */
  int64_t lease_until;
};

/* In the order of their positions. removed: also the removed ones. */
err account_list(db_conn *c, str channel, bool removed, arena *a, struct account_row **out, size_t *count);
/* ERR_NOT_FOUND. Removed accounts are found too. */
err account_get(db_conn *c, int64_t id, arena *a, struct account_row *out);
/* Adds the account, or brings a removed one back; position 0: the last. Of the row it stores id, channel, position, name,
 * username, source, updates, api_url. ERR_CONFLICT: it is there already;
 * ERR_INVALID_FIELD with field token: there are ACCOUNTS_MAX. */
err account_add(db_conn *c, const struct account_row *row, int64_t now_ms);
/* Stores what administrators set: source, paused, updates, api_url and everything from greeting to block_text_ru. */
err account_save(db_conn *c, const struct account_row *row, int64_t now_ms);
/* Marks it as changed: every process looks at it again. */
err account_touch(db_conn *c, int64_t id, int64_t now_ms);
/* Names the account that replaces it (0: none): its customers are the same there. Of a removed one too. ERR_INVALID_FIELD with field
 * successor_id: no such account, or it would replace itself. */
err account_set_successor(db_conn *c, const struct account_row *row, int64_t successor_id, int64_t now_ms);
/* successor_id: of the account that replaces it; 0: as it is. Forgets its secrets. */
err account_remove(db_conn *c, int64_t id, int64_t successor_id, int64_t now_ms);
/* Stores name, username, state, error, fallback and checked_at. */
err account_set_state(db_conn *c, const struct account_row *row);

/* ---- secrets; absent: none ---- */
enum account_secret { ACCOUNT_TOKEN, ACCOUNT_PROXY };
err account_get_secret(struct desk *d, db_conn *c, int64_t id, enum account_secret which, arena *a, str *out);
/* value absent or empty: forgets it. by: the operator; 0: the server. */
err account_set_secret(struct desk *d, db_conn *c, int64_t id, enum account_secret which, str value, int64_t by,
                       arena *a);
/* What the key of a sealed setting is for ("the token of …"), for a message about a lost key; absent: not one of these. */
str account_secret_name(str setting);

/* The greeting of a customer's account for a language: its own, else the desk's; empty: none is sent. */
err account_greeting(db_conn *c, str channel, str account, str language, arena *a, str *out);

/* How the account meets new and blocked customers who speak this language; texts absent: the default, none. For an account
 * that is not in the table: nothing. */
struct account_contact {
  int first_contact;
  str check_text, block_text;
};
err account_contact(db_conn *c, str channel, str account, str language, arena *a, struct account_contact *out);

/* ---- what the channel shall show of the account: a document of the channel's own ---- */
/* Absent: nothing is wanted. */
err account_profile_get(db_conn *c, int64_t id, arena *a, str *wanted);
err account_profile_set(db_conn *c, int64_t id, str wanted, int64_t now_ms);
/* Until when the channel takes no other change of a part in a language; 0: it does. */
err account_profile_wait(db_conn *c, int64_t id, str part, str language, int64_t *until_ms);
err account_profile_set_wait(db_conn *c, int64_t id, str part, str language, int64_t until_ms);

/* ---- the lease ---- */
/* Takes or renews it until until_ms. *fence: the fence of this holder; 0: another process has the lease. */
err account_lease(db_conn *c, int64_t id, str holder, int64_t until_ms, int64_t now_ms, int64_t *fence);
/* Gives up the holder's leases: of all accounts, or (id not 0) of one. */
err account_release(db_conn *c, int64_t id, str holder);
/* Ends the leases of earlier runs of this node, whose processes have ended. */
err account_expire_leases_of_earlier_runs(db_conn *c, str holder);
/* Whether nobody has taken the lease since. */
err account_fence_holds(db_conn *c, int64_t id, int64_t fence, bool *holds);

#endif
