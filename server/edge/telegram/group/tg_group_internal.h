/* Shared by tg_group.c and tg_group_receive.c only. */
#ifndef SB_EDGE_TELEGRAM_TG_GROUP_INTERNAL_H
#define SB_EDGE_TELEGRAM_TG_GROUP_INTERNAL_H

#include "edge/telegram/group/tg_group.h"

#include <pthread.h>

enum { TG_CHAT_SIZE = 24 };

struct tg_group {
  struct desk *desk;
  pthread_mutex_t lock; /* guards what follows; held briefly */
  char chat[TG_CHAT_SIZE], error[1280];
  char account[TG_CHAT_SIZE]; /* of the bot that sends there; "": any */
  char title[544];            /* last shown; kept for a group that removed the bot */
  char refused_album[65];     /* the last album of which a part was refused */
  char refused_part[24];      /* the id of that part: its update's transaction may run again */
  bool known;                 /* something was sent there, or refused */
  int removals;               /* how often the bot was removed from it */
  bool topics;                /* one topic a conversation, by the panel's choice */
  char note_prefix[TG_NOTE_PREFIX_SIZE];
  struct group_needs needs; /* as Telegram said last */
  enum group_source source;
};

#endif
