/* Messages: rows, their encoding, pages of history, edits. A message's effect on its conversation is decided in
 * desk/conversation, the slice above. */
#ifndef SB_DESK_MESSAGE_MESSAGE_H
#define SB_DESK_MESSAGE_MESSAGE_H

#include "desk/actor.h"
#include "base/json.h"
#include "desk/file/file.h"
#include "desk/message/message_details.h"

enum message_direction { MESSAGE_IN, MESSAGE_OUT, MESSAGE_SYSTEM };
enum message_kind {
#define KIND(name, text, carries, counts, en, ru) MESSAGE_##name,
#include "spec/kinds.tbl"
#undef KIND
  MESSAGE_KINDS
};
/* MESSAGE_SYSTEM ("system"): a change of the conversation. MESSAGE_SERVICE: a change of the chat reported by the
 * channel, without an author; `content` names it. */
enum message_carries {
  CARRIES_WORDS = 1,
  CARRIES_FILES = 2,
  CARRIES_CONTENT = 4,
  CARRIES_ACTION = 8,
  CARRIES_DETAILS = 16
};
struct message_kind_facts {
  unsigned carries; /* enum message_carries, as a sum */
  bool counts;      /* a message proper; else a notice, which neither reopens the conversation nor counts as unread */
  const char *word_en, *word_ru;
};
const struct message_kind_facts *message_kind_facts(int kind); /* for an unknown kind: those of "unsupported" */
bool message_is_plain(int kind); /* text with or without photos: every channel can carry it */
bool message_kinds_join(int one,
                        int other); /* messages of these kinds make an album: photos and videos, music, documents */
bool message_has_content(int kind); /* counts and names a content: shown by a placeholder, if at all */
enum message_delivery { DELIVERY_QUEUED, DELIVERY_SENDING, DELIVERY_SENT, DELIVERY_FAILED, DELIVERY_UNCERTAIN };
enum message_action {
  ACTION_TAKEN,
  ACTION_ASSIGNED,
  ACTION_UNASSIGNED,
  ACTION_CLOSED,
  ACTION_REOPENED,
  ACTION_BLOCKED,
  ACTION_UNBLOCKED,
  ACTION_STARTED,
  ACTION_SNOOZED, /* its text: the time, as ISO 8601; none: until the customer writes */
  ACTION_WOKEN,
  ACTION_DEACTIVATED, /* the customer's account in the channel is gone */
  ACTION_RENAMED,     /* its text: the former name and the new one, in two lines */
  ACTION_USERNAME,    /* the same for the username; an empty line: none */
  ACTION_PREMIUM,     /* the customer's premium began, or, with the text "0", ended */
  ACTION_MOVED,       /* the customer came to the account that replaces theirs; its text: both names, in two lines */
  ACTION_LANGUAGE,    /* as ACTION_RENAMED, for the language of the customer's app */
  ACTION_SPAM,        /* marked as spam by an operator, or by the customer, who wrote too fast */
  ACTION_NOT_SPAM,
  ACTION_HELD,   /* the customer is new, and held back until they pass the check of the first contact */
  ACTION_PASSED, /* they have passed it, or an operator has let them in */
  ACTION_BANNED, /* an operator has blocked the customer; ACTION_BLOCKED: the customer has blocked the channel */
  ACTION_UNBANNED
};
enum message_link_preview { LINK_PREVIEW_AUTO, LINK_PREVIEW_OFF, LINK_PREVIEW_SMALL, LINK_PREVIEW_LARGE };
enum message_origin { ORIGIN_STAFF_GROUP }; /* where an answer was written, if not in the panel */
extern const struct json_enum message_direction_names, message_kind_names, message_delivery_names, message_action_names,
    message_origin_names, message_link_preview_names, entity_type_names;

/* Formatting: offsets and lengths in UTF-16 code units, sorted by offset, longer first; within the text. */
struct entity {
  int type; /* index into entity_type_names */
  int64_t offset, length;
  str url;           /* text_link, and text_mention as the channel's URL of a person */
  str language;      /* pre */
  int64_t unix_time; /* date_time: seconds UTC; 0: none */
  str date_format;   /* date_time: how to show it: "r", or a sum of w, d or D, t or T; absent: the text stays */
};
extern const struct json_shape entity_shape;
/* Checks and orders entities against a text: inside it, not inside a surrogate pair, no more than
 * LIMIT_ENTITIES_MAX, URLs of http, https, mailto, tel and the channels' own schemes only. ERR_INVALID_FIELD with
 * field "entities". Works in place. */
err entities_check(str text, struct entity *list, size_t *count);
/* Whether a link may be shown and sent: one of those schemes, without spaces and control characters. */
bool entities_url_is_safe(str url);
/* As stored in the entities column; STR_NONE for none. */
str entities_encode(arena *a, const struct entity *list, size_t count);
err entities_decode(str json, arena *a, struct entity **list, size_t *count);

/* A button under a message. Exactly one of url, callback and copy is given. */
enum button_style { BUTTON_DEFAULT, BUTTON_PRIMARY, BUTTON_SUCCESS, BUTTON_DANGER };
extern const struct json_enum button_style_names;
struct button {
  str text, url, callback, copy; /* callback: for the channel; copy: the text that a press copies */
  int style;
};
/* What the callbacks of the desk's own buttons begin with, and no other's: a channel acts on them itself. */
#define BUTTON_RESERVED "desk:"
extern const struct json_shape button_shape;
struct button_row {
  struct button *list;
  size_t count;
};
/* A JSON list of rows, as clients send it and as the column stores it. Checks the limits: ERR_INVALID_FIELD with field
 * "buttons". No rows: *count 0. */
err buttons_decode(str json, arena *a, struct button_row **rows, size_t *count);
str buttons_encode(arena *a, const struct button_row *rows, size_t count); /* STR_NONE for none */
/* The same for buttons of operators and clients: ERR_INVALID_FIELD for a callback that is reserved. */
err buttons_decode_foreign(str json, arena *a, struct button_row **rows, size_t *count);

/* What an operator has changed in a message and has not reached the channel: `error` says why the channel refused it. */
enum message_change_what { CHANGE_EDIT, CHANGE_DELETE, CHANGE_PIN, CHANGE_REACTION, CHANGE_WHATS };
enum message_change_state { CHANGE_QUEUED, CHANGE_FAILED };
extern const struct json_enum message_change_what_names, message_change_state_names;
struct message_change {
  int what, state;
  str error;  /* absent unless failed */
  int64_t no; /* counts the requests of this kind, so that a sender sees that there was another one meanwhile */
};
extern const struct json_shape message_change_shape;
struct message_can { /* what an operator may still do to it */
  bool edit, delete;
};
extern const struct json_shape message_can_shape;

struct message_reply_quote {
  int64_t id;
  int direction, kind;
  str content; /* may be absent */
  str preview;
};

/* The author of a forwarded message. */
struct message_forward {
  int kind;
  str name; /* may be empty */
};
extern const struct json_shape message_forward_shape;

/* The channel's data about a file that is not fetched. */
struct message_media {
  str name;                        /* may be absent */
  int64_t size_bytes, duration_ms; /* 0: unknown */
};
extern const struct json_shape message_media_shape;

/* An emoji of one side at a message. */
enum message_reactor { REACTOR_CUSTOMER, REACTOR_OPERATOR };
struct message_reaction {
  int by; /* enum message_reactor */
  str emoji;
};
extern const struct json_shape message_reaction_shape;
/* struct bus_config.name_actor: the message in an event of before actors gets the one that its direction and operator say,
 * as such a message's row does when it is read. */
void message_name_actor(str stored, buf *out);
/* As stored in the columns forward and media. */
str message_forward_encode(arena *a, const struct message_forward *forward);
str message_media_encode(arena *a, const struct message_media *media);

struct message_row {
  int64_t id, conversation_id;
  int direction, kind;
  int64_t operator_id; /* the operator who wrote it; 0: none */
  int actor;           /* enum actor_kind */
  int64_t actor_id;    /* id within the kind; 0: none or unknown */
  str text;
  str entities_json;      /* a JSON array, "[]" when none */
  struct json_list files; /* of struct file_row */
  const struct message_reply_quote *reply_to;
  str album, content, client_id; /* may be absent */
  str forward_json, media_json;  /* JSON objects; may be absent */
  str headline;                  /* what names the content in one line; may be absent */
  str reactions_json;            /* a JSON array; absent: none */
  struct message_details details;
  int action; /* -1: none */
  int64_t target_operator_id;
  int delivery; /* -1: none */
  str delivery_error, external_id;
  int64_t retry_at; /* queued until then, because the channel asks to wait; 0: no */
  int origin;       /* -1: the panel */
  int64_t created_at, edited_at;
  int64_t reply_to_id, file_count; /* as stored */
  str buttons_json;                /* rows; absent: none */
  bool silent, protected, pinned;
  int link_preview; /* enum message_link_preview; -1: auto */
  int64_t sent_at;  /* 0: not sent, or before this was stored */
  int64_t deleted_at;
  str changes_json;              /* the column; absent: none */
  str change_json;               /* the one of them that is shown */
  const struct message_can *can; /* set where it is shown: see message_can_of */
};
extern const struct json_shape message_shape; /* encodes struct message_row */
extern const struct json_shape message_reply_quote_shape;
struct event_message_update { /* see spec/events.tbl */
  const struct message_row *message;
};

struct message_edit_row { /* an earlier version */
  int64_t id;
  int kind;
  str text, entities_json;
  str content, media_json, headline, buttons_json; /* may be absent */
  struct message_details details;
  struct json_list files; /* of struct file_row */
  int64_t replaced_at;
  int64_t replaced_by; /* the operator; 0: the customer */
};
extern const struct json_shape message_edit_shape;

struct message_list { /* a page of history in a response */
  struct json_list data;
  int64_t before, after;
  int64_t first_unread;
  str next_cursor;
  int64_t seq;
};
extern const struct json_shape message_list_shape;

struct message_new {
  int64_t conversation_id;
  int direction, kind;
  struct actor by;
  int64_t reply_to_id, target_operator_id;                              /* 0: none */
  str text, entities_json, album, content, client_id, external_id, raw; /* may be absent */
  str forward_json, media_json, headline, details_json, buttons_json;   /* may be absent */
  bool silent, protected;
  int link_preview;       /* LINK_PREVIEW_AUTO: none of its own */
  int action, delivery;   /* -1: none */
  bool in_staff_group;    /* written in the staff group: ORIGIN_STAFF_GROUP */
  struct file_row *files; /* ids 0 are inserted, in order; the resulting row borrows them */
  size_t file_count;
  str channel, account; /* for pending files */
  int64_t created_at;
  int64_t edited_at;            /* if only its edit was received; 0: none */
  int64_t stated_at, stated_no; /* for the same case: as in struct message_state */
};
/* ERR_CONFLICT if external_id or client_id already exists; nothing is written then, and the transaction can
 * continue. */
err message_insert(db_conn *c, struct message_new *m, arena *a, struct message_row *out);
/* The complete row, with files and quote. ERR_NOT_FOUND. */
err message_get(db_conn *c, int64_t id, arena *a, struct message_row *out);
/* The conversation that holds the message, with its assignee as the owner. ERR_NOT_FOUND. */
err message_subject(db_conn *c, int64_t id, struct subject *out);
/* out[i] is the message of ids[i], which must exist; a bounded number of statements. */
err message_get_many(db_conn *c, const int64_t *ids, size_t count, arena *a, struct message_row **out);
err message_by_external(db_conn *c, int64_t conversation_id, str external_id, arena *a, struct message_row *out);
err message_by_client(db_conn *c, int64_t operator_id, str client_id, arena *a, struct message_row *out);
err message_id_by_external(db_conn *c, int64_t conversation_id, str external_id, int64_t *id); /* 0: none */
/* Ascending by id. before and after 0: the newest; with `after` the page starts right after it, else it ends right
 * before `before` (or the end). limit + 1 is read to know whether there is more in that direction. */
err message_page(db_conn *c, int64_t conversation_id, int64_t before, int64_t after, size_t limit, arena *a,
                 struct message_row **out, size_t *count, bool *more);
/* The same without system messages: what the customer may see. One of before and after is 0. */
err message_page_shown(db_conn *c, int64_t conversation_id, int64_t before, int64_t after, size_t limit, arena *a,
                       struct message_row **out, size_t *count);
/* Everything that an edit may change. Album, quote and origin of a message never change. */
struct message_state {
  int kind;
  str text, entities_json, content, media_json, raw; /* may be absent */
  str headline, details_json, buttons_json;          /* may be absent */
  struct file_row *files;                            /* pending, ids 0 */
  size_t file_count;
  str channel, account; /* of pending files */
  /* Whether two texts of the channel mean the same: raws of a message with this content, or the sources of two
   * files where content is absent. NULL: when their bytes are the same. */
  bool (*same)(str content, str one, str other);
  int64_t stated_at;   /* the channel's time of this state, ms UTC; 0: unknown */
  int64_t stated_no;   /* orders states of equal time: the higher is later; 0: unknown */
  int64_t operator_id; /* who made this state of an answer; 0: the customer */
};
/* Replaces the message's state by `to` and stores the earlier state as history. A state older than the current one
 * (stated_at, then stated_no) only goes into the history. The history contains the first MESSAGE_VERSIONS_MAX / 2
 * versions and the latest ones up to MESSAGE_VERSIONS_MAX: a live location moves for hours. Unchanged files keep their
 * rows. Ok with *changed false if nothing visible changed. */
enum { MESSAGE_VERSIONS_MAX = 200 };
err message_edit(db_conn *c, int64_t id, const struct message_state *to, int64_t now_ms, arena *a, bool *changed);
/* A placeholder (MESSAGE_UNSUPPORTED) whose raw form can be read now becomes what it says, without a version in the history.
 * *changed false: it is none any more; else follow with message_changed. */
err message_read_again(db_conn *c, int64_t id, const struct message_state *to, int64_t now_ms, bool *changed);
/* The original message, `first`, arrived after its edit, which was stored as the message (struct message_new,
 * edited_at): it goes into the history as the earliest state. Does nothing for a message without such an edit. */
err message_add_first(db_conn *c, int64_t id, const struct message_state *first, int64_t now_ms);
/* Replaces the reactions of one side; the other side's stay. Locks the message. A change older than the last one of the
 * side that gives its time is dropped. *changed false: the message looks as before; else follow with message_changed.
 * ERR_NOT_FOUND. */
enum { MESSAGE_REACTIONS_MAX = 16 /* of one side */ };
struct message_reactions {
  int by; /* enum message_reactor */
  const str *emojis;
  size_t count;                 /* 0: takes all back */
  int64_t stated_at, stated_no; /* of the channel, as in struct message_state; 0: the present */
};
/* The emoji as the table of reactions (spec/reactions.tbl) has it; STR_NONE: it cannot be a reaction. */
str message_reaction_known(str emoji);
err message_react(db_conn *c, int64_t id, const struct message_reactions *to, arena *a, bool *changed);
/* The value that the channel has drawn for a dice that was sent. Before its outcome is stored, whose event shows it. */
err message_dice_drawn(db_conn *c, int64_t message_id, int64_t value, arena *a);
/* A poll that was sent, by the channel's id of it. */
struct message_poll_ref {
  str channel, account, id;
};
err message_poll_note(db_conn *c, const struct message_poll_ref *poll, int64_t message_id);
/* The channel's report of its votes, as message_poll_shape; one with a number that is not above the last one's is dropped, if that
 * came within MESSAGE_POLL_ORDER_MS. A channel repeats nothing that is older, and may count anew after a long silence.
 * *message_id 0: the poll is not known. *changed: follow with message_changed. */
enum { MESSAGE_POLL_ORDER_MS = 24 * 3600 * 1000 };
err message_poll_voted(db_conn *c, const struct message_poll_ref *poll, str told, int64_t stated_no, int64_t now_ms,
                       arena *a, int64_t *message_id, bool *changed);
/* The data of the last press (MESSAGE_PRESS) of a button under this message; absent when there is none. */
err message_last_press(db_conn *c, int64_t id, arena *a, str *data);
/* The presses of its buttons since a time, counted to `most`. */
err message_count_presses(db_conn *c, int64_t id, int64_t since_ms, int64_t most, int64_t *count);
/* Frees the channel's id for another message. */
err message_forget_external(db_conn *c, int64_t id);
/* The same for all messages of a customer, who moves to another account of the channel: its ids are others. */
err message_forget_externals(db_conn *c, int64_t customer_id);
/* The newest answers to a customer that the channel has an id of, the latest first, at most `max`. */
err message_answers_known(db_conn *c, int64_t customer_id, size_t max, arena *a, int64_t **ids, size_t *count);
/* ---- what operators do to an answer; none of these appends an event: call message_changed afterwards ---- */
/* Replaces the words of an answer that was not sent yet, without history. */
struct message_words {
  str text, entities_json, buttons_json; /* the last two may be absent */
};
err message_rewrite(db_conn *c, int64_t id, const struct message_words *to);
/* An answer that was not sent yet is not to be sent. */
err message_withdraw(db_conn *c, int64_t id, int64_t now_ms);
err message_set_pinned(db_conn *c, int64_t id, bool pinned);
/* The emoji with which an operator reacted; absent: none. */
str message_operator_reaction(const struct message_row *m, arena *a);
/* A change was requested: it is queued. */
err message_change_request(db_conn *c, int64_t id, enum message_change_what what);
/* Whether it is still to be done, and the number of its latest request. */
bool message_change_waits(const struct message_row *m, enum message_change_what what, arena *a, int64_t *no);
/* A request has been tried. error absent: done, and a deleted message is gone; else refused. *again: another request was
 * made after number `no` (0: of any), so it must be done again, and nothing was stored. */
err message_change_end(db_conn *c, int64_t id, enum message_change_what what, int64_t no, str error, int64_t now_ms,
                       bool *again);

/* Sets the delivery and appends message_update, except for `sending` of a message without files: its outcome follows within
 * milliseconds, and a panel shows both the same, so an event of its own would only make the log of an answer a third longer. by: who changed it, the system, unless a person requested a resend.
 * external_id may be absent. */
err message_set_delivery(db_conn *c, int64_t id, int delivery, str error, str external_id, const struct actor *by,
                         int64_t now_ms, arena *a);
/* The same for an answer that is queued until retry_at, because its channel asks to wait. */
err message_set_waiting(db_conn *c, int64_t id, int64_t retry_at, const struct actor *by, int64_t now_ms, arena *a);
/* Appends message_update with the message's current state. by: who changed it. */
err message_changed(db_conn *c, int64_t id, const struct actor *by, int64_t now_ms, arena *a);
/* The same for the latest MESSAGE_QUOTERS_MAX messages that quote this one, since their preview of it changes. Older
 * ones show the new text when they are fetched again. */
enum { MESSAGE_QUOTERS_MAX = 20 };
err message_quoters_changed(db_conn *c, int64_t id, const struct actor *by, int64_t now_ms, arena *a);
/* Earlier versions with their files, in the order in which they were made, at most MESSAGE_VERSIONS_MAX. */
err message_edits(db_conn *c, int64_t id, arena *a, struct message_edit_row **out, size_t *count);
/* The channel's own JSON. ERR_NOT_FOUND if the message is shown in full and no raw JSON was stored. */
err message_raw(db_conn *c, int64_t id, arena *a, str *raw);
/* At most LIMIT_PREVIEW_MAX code points of the text, line breaks as spaces; without a text the headline, or the name of an
 * unsupported content, else nothing (the reader's language has a word for a photo). */
str message_preview(const struct message_row *m, arena *a);
str message_preview_of(int kind, str text, str content, str headline, arena *a);

/* ---- fetching pending files, for the channel that can; here, because it updates messages ---- */
struct file_fetch {
  struct job job;                  /* the leased job */
  int64_t id;                      /* the file's */
  str source;                      /* the channel's JSON; may be absent */
  int64_t size_bytes, duration_ms; /* as the channel says; 0: it does not */
};
/* Removes the bytes of files that are older, a batch at a time (file_remove_old), with message_update for every message with one,
 * and one line in the audit log. */
err message_remove_old_files(struct desk *d, int64_t kept_days, bool *more);
/* Leases one file that is due in the queue (file_fetch_queue); *any false: there is none, or call again at once. A job
 * leased by a dead process counts as a try and is due again, or has failed permanently when its tries are used up. */
err file_fetch_take(struct desk *d, str queue, arena *a, struct file_fetch *out, bool *any);
/* The bytes are at spooled_path, and a small picture of them at thumb_path (NULL: none); both are consumed. Stores them and
 * marks the row ready, with message_update. ERR_CONFLICT if another holder has the lease: nothing is stored. */
err file_fetched(struct desk *d, const struct file_fetch *f, const char *spooled_path, const char *thumb_path);
/* A try failed: retries at next_at_ms, or fails permanently (with message_update) if that is 0 or the tries are used
 * up: *final. ERR_CONFLICT as above. */
struct file_failure {
  int reason; /* enum file_error, shown to people */
  str words;  /* for the log */
};
err file_fetch_failed(struct desk *d, const struct file_fetch *f, const struct file_failure *why, int64_t next_at_ms,
                      bool *final);
/* Inside a transaction: a failed file is fetched again, with message_update; for a pending or ready one nothing happens.
 * ERR_NOT_RETRYABLE as in file_set_pending. */
err file_fetch_again(db_conn *c, int64_t id, const struct actor *by, int64_t now_ms);
/* The process stops before the end: due again at once, not counted as a try. */
err file_fetch_give_back(struct desk *d, const struct file_fetch *f);
/* While it is being fetched. ERR_CONFLICT as above: then stop. */
err file_fetch_renew(struct desk *d, const struct file_fetch *f);
/* Inside a transaction: what waits in the queue, due or not, at most `limit` of it, has failed for good with these words, as the
 * files of an account that another has replaced. *count: how many. */
err file_fetch_give_up(db_conn *c, str queue, str holder, str error, size_t limit, int64_t now_ms, size_t *count);

#endif
