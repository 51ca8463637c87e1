/* See setting.h. The greetings' defaults; pure. */
#include "desk/setting/setting_internal.h"

const char *const setting_default_greeting =
    "Hello! Write your question here, in as many messages as you like, and send photos if they help. "
    "A person will answer you in this chat.";

const char *const setting_default_greeting_ru =
    "Здравствуйте! Напишите свой вопрос прямо сюда, можно несколькими сообщениями и с фотографиями. "
    "Вам ответит человек, в этом же чате.";

const char *const setting_default_daily = "Hello, {user_name}!";
const char *const setting_default_daily_ru = "Здравствуйте, {user_name}!";

bool setting_is_russian(str language) {
  return language.len >= 2 && str_eq_ignore_case(str_sub(language, 0, 2), S("ru")) &&
         (language.len == 2 || language.ptr[2] == '-' || language.ptr[2] == '_');
}
