/* See tg_reason.h. Sources of the answers' words: Bot API 10.3 and the official server's source. */
#include "edge/telegram/tg_reason.h"

#include "base/json.h"
#include "desk/setting/setting.h"

static const struct {
  str en, ru;
} words[] = {
#define REASON(name, en, ru) [TG_REASON_##name] = {STR_INIT(en), STR_INIT(ru)},
#include "spec/reasons.tbl"
#undef REASON
};

/* The first that applies. part NULL: any description with this code. */
static const struct {
  int code; /* 0: any */
  const char *part;
  enum tg_reason reason;
} rules[] = {
    {403, "blocked by the user", TG_REASON_BLOCKED},
    {403, "user is deactivated", TG_REASON_DEACTIVATED},
    {403, "can't initiate conversation", TG_REASON_NOT_STARTED},
    {403, "can't send messages to", TG_REASON_IS_BOT},
    {403, "was kicked", TG_REASON_KICKED},
    {403, "not a member", TG_REASON_KICKED},
    {403, "was deleted", TG_REASON_GROUP_GONE},
    {400, "upgraded to a supergroup", TG_REASON_GROUP_MOVED},
    {400, "chat not found", TG_REASON_NO_CHAT},
    {400, "message thread not found", TG_REASON_TOPIC_GONE},
    {400, "TOPIC_DELETED", TG_REASON_TOPIC_GONE},
    {400, "TOPIC_ID_INVALID", TG_REASON_TOPIC_GONE},
    {400, "is not a forum", TG_REASON_NOT_FORUM},
    {0, "rights to create a topic", TG_REASON_TOPIC_RIGHTS},
    {0, "rights to edit the topic", TG_REASON_TOPIC_RIGHTS},
    {0, "not enough rights", TG_REASON_NO_RIGHTS},
    {0, "have no rights", TG_REASON_NO_RIGHTS},
    {0, "need administrator rights", TG_REASON_NO_RIGHTS},
    {400, "CHAT_WRITE_FORBIDDEN", TG_REASON_NO_RIGHTS},
    {400, "CHAT_RESTRICTED", TG_REASON_NO_RIGHTS},
    {0, "VOICE_MESSAGES_FORBIDDEN", TG_REASON_VOICE_FORBIDDEN},
    {400, "message text is empty", TG_REASON_EMPTY},
    {400, "text must be non-empty", TG_REASON_EMPTY},
    {400, "message is too long", TG_REASON_TEXT_TOO_LONG},
    {400, "text is too long", TG_REASON_TEXT_TOO_LONG},
    {400, "MESSAGE_TOO_LONG", TG_REASON_TEXT_TOO_LONG},
    {400, "caption is too long", TG_REASON_CAPTION_TOO_LONG},
    {400, "MEDIA_CAPTION_TOO_LONG", TG_REASON_CAPTION_TOO_LONG},
    {400, "file is too big", TG_REASON_TOO_LARGE},
    {413, NULL, TG_REASON_TOO_LARGE},
    {400, "message is not modified", TG_REASON_NOT_MODIFIED},
    {400, "message to edit not found", TG_REASON_MESSAGE_GONE},
    {400, "message to delete not found", TG_REASON_MESSAGE_GONE},
    {400, "message to forward not found", TG_REASON_MESSAGE_GONE},
    {400, "message to copy not found", TG_REASON_MESSAGE_GONE},
    {400, "message to react not found", TG_REASON_MESSAGE_GONE},
    {400, "message to be replied not found", TG_REASON_REPLY_GONE},
    {400, "QUOTE_TEXT_INVALID", TG_REASON_QUOTE_GONE},
    {400, "quote not found", TG_REASON_QUOTE_GONE},
    {400, "message can't be edited", TG_REASON_NOT_EDITABLE},
    {400, "message can't be deleted", TG_REASON_NOT_DELETABLE},
    {400, "REACTION_INVALID", TG_REASON_REACTION},
    {400, "REACTIONS_TOO_MANY", TG_REASON_REACTION},
    {400, "query is too old", TG_REASON_PRESS_TOO_OLD},
    {400, "wrong HTTP URL", TG_REASON_URL_FAILED},
    {400, "failed to get HTTP URL content", TG_REASON_URL_FAILED},
    {400, "wrong type of the web page content", TG_REASON_URL_FAILED},
    {400, "wrong file", TG_REASON_FILE_GONE},
    {400, "wrong remote file", TG_REASON_FILE_GONE},
    {400, "can't use file of type", TG_REASON_FILE_GONE},
    {400, "can't be used in sendMediaGroup", TG_REASON_ALBUM},
    {400, "too many messages to send as an album", TG_REASON_ALBUM},
    {400, "can't be mixed with other media types", TG_REASON_ALBUM},
    {400, "failed to send message #", TG_REASON_ALBUM},
    {400, "reply markup is too long", TG_REASON_BUTTONS},
    {400, "BUTTON_DATA_INVALID", TG_REASON_BUTTONS},
    {400, "BUTTON_URL_INVALID", TG_REASON_BUTTONS},
    {400, "bad webhook: ", TG_REASON_WEBHOOK},
    {400, "invalid webhook URL", TG_REASON_WEBHOOK},
    /* What the server itself wrote wrongly: its formatting, its media, its parameters. */
    {400, "can't parse", TG_REASON_OUR_BUG},
    {400, "there is no ", TG_REASON_OUR_BUG}, /* text in the message to edit, photo in the request */
    {400, "there are no messages", TG_REASON_OUR_BUG},
    {400, "is not specified", TG_REASON_OUR_BUG},
    {400, "file_id not specified", TG_REASON_OUR_BUG},
    {400, "chat_id is empty", TG_REASON_OUR_BUG},
    {400, "unsupported parse_mode", TG_REASON_OUR_BUG},
    {400, "must be encoded in UTF-8", TG_REASON_OUR_BUG},
    {400, "object expected as reply markup", TG_REASON_OUR_BUG},
    {400, "expected an Array", TG_REASON_OUR_BUG},
    {400, "wrong parameter", TG_REASON_OUR_BUG},
    {400, "secret token", TG_REASON_OUR_BUG},
    {404, "method not found", TG_REASON_OUR_BUG},
    {401, NULL, TG_REASON_BAD_TOKEN},
    {404, NULL, TG_REASON_NOT_FOUND}, /* a wrong token, or a method that the server does not know */
    {421, NULL, TG_REASON_BAD_TOKEN},
    {409, NULL, TG_REASON_OTHER_SERVER},
    {429, NULL, TG_REASON_SLOW_DOWN},
    {500, "immediately deleted", TG_REASON_DELETED_AT_ONCE},
};

enum tg_reason tg_reason_of(const struct tg_answer *answer) {
  if (answer->outcome != CALL_ANSWERED || answer->ok) return TG_REASON_NONE;
  for (size_t i = 0; i < JSON_COUNT(rules); i++) {
    if (rules[i].code && rules[i].code != answer->code) continue;
    if (!answer->telegram && answer->code != 413 && answer->code != 429) continue; /* a proxy on the way */
    if (!rules[i].part || str_contains(answer->description, str_c(rules[i].part))) return rules[i].reason;
  }
  return answer->code >= 500 ? TG_REASON_SERVER_TROUBLE : TG_REASON_NONE;
}

/* "Bad Request: words" without the code's name. */
static str bare(str description) {
  static const str names[] = {STR_INIT("Bad Request: "),
                              STR_INIT("Forbidden: "),
                              STR_INIT("Unauthorized: "),
                              STR_INIT("Not Found: "),
                              STR_INIT("Conflict: "),
                              STR_INIT("Too Many Requests: "),
                              STR_INIT("Internal Server Error: ")};
  for (size_t i = 0; i < JSON_COUNT(names); i++)
    if (str_starts(description, names[i])) return str_sub(description, names[i].len, description.len);
  return description;
}

str tg_reason_words(const struct tg_answer *answer, arena *a) {
  enum tg_reason reason = tg_reason_of(answer);
  if (reason != TG_REASON_NONE) return words[reason].en;
  bool theirs = answer->outcome == CALL_ANSWERED && answer->telegram && !answer->ok;
  str said = bare(answer->description);
  return theirs ? arena_printf(a, "Telegram refused this: %.*s", STR_ARG(said)) : answer->description;
}

str tg_reason_sentence(enum tg_reason reason) { return words[reason].en; }

str tg_reason_in(str sentence, str language) {
  bool russian = setting_is_russian(language);
  for (size_t i = 0; russian && i < JSON_COUNT(words); i++)
    if (str_eq(words[i].en, sentence)) return words[i].ru;
  return sentence;
}
