/* Shared by the files of this slice only. */
#ifndef SB_DESK_SETTING_INTERNAL_H
#define SB_DESK_SETTING_INTERNAL_H

#include "desk/setting/setting.h"

extern const char *const setting_default_greeting, *const setting_default_greeting_ru;
extern const char *const setting_default_daily, *const setting_default_daily_ru;

#endif
