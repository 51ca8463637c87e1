/* What tg_group.c and tg_group_receive.c share; nobody else includes it. */
#ifndef SB_EDGE_TELEGRAM_TG_GROUP_INTERNAL_H
#define SB_EDGE_TELEGRAM_TG_GROUP_INTERNAL_H

#include "edge/telegram/group/tg_group.h"

#include <pthread.h>

enum { TG_CHAT_SIZE = 24 };

struct tg_group {
  struct desk *desk;
  pthread_mutex_t lock; /* guards what follows; held for moments only */
  char chat[TG_CHAT_SIZE], error[1280];
  char title[544];     /* as it was last shown; a group that put the bot out keeps it */
  char told_album[65]; /* the last one of which a part was refused */
  bool known;          /* something was sent there, or refused */
  enum group_source source;
};

#endif
