/* Internal to the slice: which messages an answer becomes. Pure. A channel takes at most LIMIT_TEXT_MAX units of text in a message
 * and LIMIT_CAPTION_MAX under a file, and one file a message; files of one family in a row are an album. */
#ifndef SB_DESK_CONVERSATION_CONVERSATION_PLAN_INTERNAL_H
#define SB_DESK_CONVERSATION_CONVERSATION_PLAN_INTERNAL_H

#include "desk/conversation/conversation.h"
#include "desk/message/message_channel.h"
#include "desk/message/split.h"

struct reply_part {
  int kind;
  struct file_row *file; /* NULL: none */
  struct text_piece words;
  int album; /* parts with the same number above 0 are one album */
};
struct reply_plan {
  struct reply_part *parts;
  size_t count;
};
/* files: those of the reply with their rows. ERR_INVALID_FIELD (a file that its kind cannot be, buttons under an album),
 * ERR_UNSUPPORTED_BY_CHANNEL, each with the field. */
err reply_plan_make(const struct reply *r, struct file_row *files, size_t file_count,
                    const struct channel_facts *channel, arena *a, struct reply_plan *out);
/* The kind that a file's bytes say, of those that the channel carries. */
int reply_kind_of_file(const struct file_row *f, const struct channel_facts *channel);

#endif
