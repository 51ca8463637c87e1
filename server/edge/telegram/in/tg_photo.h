/* A customer's profile photo: getUserProfilePhotos tells the present one, which is fetched unless it is the one that is stored. The
 * jobs are in desk/conversation; tg_media's threads run them. */
#ifndef SB_EDGE_TELEGRAM_TG_PHOTO_H
#define SB_EDGE_TELEGRAM_TG_PHOTO_H

#include "desk/conversation/conversation.h"
#include "edge/telegram/tg_internal.h"

enum { TG_PHOTO_SIDE_MIN = 160 };

/* What a UserProfilePhotos says of the first photo: its smallest size with sides of at least TG_PHOTO_SIDE_MIN, else its largest. */
struct tg_photo {
  bool none; /* there is no photo, or none that a bot may see */
  str file_id, unique_id;
  int64_t size_bytes; /* 0: not told */
};
/* False: it is no UserProfilePhotos. */
bool tg_photo_read(str result, arena *a, struct tg_photo *out);

struct tg_photo_outcome {
  bool waits;      /* 429: nobody is at fault */
  int64_t wait_ms; /* before the next try; -1: by the number of tries */
  str why;         /* set when it failed and is to be tried again; else the job has ended, or another node has it */
};
/* Blocks for Telegram and the store; its calls end within the job's lease. The arena is also the tag of the calls. */
struct tg_photo_outcome tg_photo_fetch(struct tg_session *s, const struct customer_photo *p, arena *a);

#endif
