/* After an upgrade: messages that the earlier version stored as placeholders, with their raw JSON, are read by the readers of this
 * one. A setting has the version of the readers (TG_CONTENT_VERSION) that went through them, and until it is through, the last
 * message. Batches are small, since a job runs each in one transaction. A file is asked of the bot to which its customer
 * writes now. */
#include "edge/telegram/telegram.h"

#include "desk/conversation/conversation.h"
#include "desk/setting/setting.h"
#include "edge/telegram/tg_internal.h"
#include "edge/telegram/in/tg_content.h"
#include "edge/telegram/in/tg_update.h"

#include <inttypes.h>

#define SETTING_READ_AGAIN "telegram_read_again"
enum { BATCH = 25 };

/* "3" or, not yet through, "3 1042". False: this version is through. */
static bool where(str setting, int64_t *after) {
  str rest = setting, version = str_cut(&rest, ' ');
  int64_t number = 0;
  *after = 0;
  bool ours = str_to_i64(version, &number) && number == TG_CONTENT_VERSION;
  return !ours || (rest.len && str_to_i64(rest, after));
}

static err read_one(struct desk *d, db_conn *c, const struct conversation_placeholder *p) {
  struct tg_update u;
  tg_update_parse(p->raw, db_conn_arena(c), &u);
  bool message = u.kind == TG_MESSAGE || u.kind == TG_EDITED;
  if (!message || u.message.kind == MESSAGE_UNSUPPORTED) return err_ok;
  u.message.from.channel = TG_CHANNEL;
  u.message.from.account = p->account;
  return conversation_read_again(d, c, p, &u.message);
}

err telegram_read_again(struct desk *d, db_conn *c, bool *more) {
  arena *a = db_conn_arena(c);
  struct conversation_placeholder *list = NULL;
  str setting = STR_NONE;
  int64_t after = 0;
  size_t count = 0;
  *more = false;
  err e = setting_get(c, SETTING_READ_AGAIN, a, &setting);
  if (err_is(e) || !where(str_or_empty(setting), &after)) return e;
  e = conversation_placeholders(c, TG_CHANNEL, after, BATCH, a, &list, &count);
  for (size_t i = 0; i < count && !err_is(e); i++) e = read_one(d, c, &list[i]);
  if (err_is(e)) return e;
  *more = count == BATCH;
  str state = *more ? arena_printf(a, "%d %" PRId64, TG_CONTENT_VERSION, list[count - 1].id)
                    : arena_printf(a, "%d", TG_CONTENT_VERSION);
  return setting_set(c, SETTING_READ_AGAIN, state, 0, desk_now(d));
}
