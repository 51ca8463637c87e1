/* What Telegram answered to a call, and what it means for whoever called. Pure; the tables in tg_answer.c are the facts. */
#ifndef SB_EDGE_TELEGRAM_TG_ANSWER_H
#define SB_EDGE_TELEGRAM_TG_ANSWER_H

#include "desk/outbox/outbox.h"
#include "net/http_client.h"

struct json_t;

struct tg_answer {
  enum http_call_outcome outcome;
  bool telegram; /* a whole answer in the Bot API's own form */
  bool ok;
  int code;              /* error_code, else the HTTP status; 0: no answer */
  str description;       /* Telegram's words, else the network's; at most 300 code points, no control characters */
  str words;             /* the same for people: tg_reason_words; absent: the description is for people already */
  int64_t retry_after_s; /* -1: none given */
  int64_t migrate_to;    /* the id under which a group goes on; 0: none told */
  str result;            /* the JSON text of `result`; STR_NONE */
};

/* Strings are copied to `a`. The body of a result is valid only during `done`. */
void tg_answer_read(const struct http_call_result *r, arena *a, struct tg_answer *out);

/* What to show to people, or to store for them. */
str tg_answer_words(const struct tg_answer *answer);

enum tg_meaning {
  TG_DONE,
  TG_TRY_LATER,    /* certainly or very probably nothing was done: a failure of the server or the way to it */
  TG_WAIT,         /* 429: try again after retry_after, nobody is at fault */
  TG_REFUSED,      /* for good */
  TG_BLOCKED,      /* for good, and the customer cannot be reached any more */
  TG_NO_CHAT,      /* for good: the chat is unknown, gone, or of somebody to whom a bot may not write */
  TG_FILE_UNKNOWN, /* the file_id does not serve: upload the bytes */
  TG_BAD_TOKEN,    /* perhaps the bot itself is refused; a method that the server does not know may be answered alike.
                      Only getMe's answer is certain */
  TG_TAKEN,        /* 409: another program polls, or a webhook is set */
  TG_LOST,         /* nobody can know whether it was done */
  TG_CANCELLED,    /* by us, before anything left */
  TG_FILE_AWAY,    /* not sent: the file store that has its file cannot be reached */
  TG_ROOM_SHUT,    /* the staff's group does not take messages now: nothing is wrong with the message */
  TG_THREAD_LOST,  /* its topic in the staff's group is gone; the message is nowhere, or where it does not belong */
  TG_THREAD_CLOSED,
  TG_NOT_EDITABLE, /* the copy cannot be changed in place: it is sent anew */
  TG_STEP,         /* a call that goes before the message has succeeded: the message follows at once */
};
enum tg_meaning tg_classify(const struct tg_answer *answer);
/* The same for what was sent to the staff's group. */
enum tg_meaning tg_classify_room(const struct tg_answer *answer);
/* A refused change of a message that Telegram already shows as wanted: an earlier try arrived, and its answer was lost. what: enum
 * message_change_what. */
bool tg_change_is_done(const struct tg_answer *answer, int what);
/* Whom an answer concerns, and so whom it may hold up: the message alone, its recipient, whoever must wait, the bot with
 * all that it sends, or the server and the way to it. */
enum tg_concern { TG_OF_NOBODY, TG_OF_MESSAGE, TG_OF_RECIPIENT, TG_OF_PACE, TG_OF_TOKEN, TG_OF_WAY };
enum tg_concern tg_concern_of(enum tg_meaning meaning);

extern const str tg_file_unknown, tg_not_editable; /* the error_code of TG_FILE_UNKNOWN, of TG_NOT_EDITABLE */
/* What becomes of an outbox row that was tried `attempts` times before. Not for TG_DONE's external_id. */
struct outbox_outcome tg_outcome(enum tg_meaning meaning, const struct tg_answer *answer, int64_t attempts,
                                 int64_t now_ms, const sb_rand *rand);

/* A member that is a text without escapes, as every id is; STR_NONE when there is none. */
str tg_plain_text(str object, const char *name);
/* The message_id of a Message; 0 when there is none. */
int64_t tg_message_id(str message);

#endif
