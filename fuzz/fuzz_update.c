/* No update may crash the parser; each can be stored, and is either decoded or kept raw with a reason. */
#include "base/json_scan.h"
#include "base/jansson.h"
#include "edge/telegram/in/tg_content.h"
#include "edge/telegram/in/tg_update.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void storable(str s) { assert(str_utf8_valid(s) && !str_has_nul(s)); }

/* What a reader has made of the content: texts that can be stored, and JSON that clients can read. */
static void check_content(const struct inbound_message *m, arena *a) {
  storable(m->headline);
  assert(m->file_count <= TG_FILES_MAX);
  for (size_t i = 0; i < m->file_count; i++) {
    const struct file_row *f = &m->files[i];
    storable(f->name), storable(f->mime), storable(f->source);
    assert(f->name.len > 0 && f->mime.len > 0 && f->size_bytes >= 0 && f->duration_ms >= 0);
  }
  str details = message_details_encode(a, &m->details);
  storable(details);
  json_t *read = details.ptr ? json_parse_foreign(details, 8) : NULL;
  assert((read != NULL) == (details.ptr != NULL));
  json_decref(read);
}

static void check(const struct tg_update *u, arena *a) {
  storable(u->raw);
  if (u->kind == TG_RAW) {
    assert(u->reason[0] && str_utf8_valid(str_c(u->reason)));
    return;
  }
  const struct inbound_message *m = &u->message;
  assert(u->update_id > 0);
  if (u->kind == TG_VOTED) { /* of a poll, wherever it is */
    assert(u->poll_id.len > 0 && m->details.poll.ptr);
    storable(u->poll_id);
    storable(m->details.poll);
    return;
  }
  assert(u->chat.len > 0);
  const struct tg_group_part *g = &u->group;
  const str group_texts[] = {g->title, g->writer, g->name, g->language, g->moved_to, u->chat};
  for (size_t i = 0; i < sizeof group_texts / sizeof group_texts[0]; i++) storable(group_texts[i]);
  if (u->kind == TG_REACHABLE || u->kind == TG_GROUP_MEMBER) return;
  if (u->kind == TG_REACTED) {
    assert(m->external_id.len > 0 && m->edited_at_ms >= 0);
    storable(m->external_id);
    for (size_t i = 0; i < u->reactions.count; i++) storable(u->reactions.emojis[i]);
    return;
  }
  bool group = u->kind == TG_GROUP_MESSAGE;
  assert((u->kind == TG_PRESSED ? u->press.query_id.len : m->external_id.len) > 0);
  assert(m->sent_at_ms >= 0 && (group ? g->name.len > 0 : m->from.name.len > 0));
  assert(group || m->kind != MESSAGE_UNSUPPORTED || (m->raw.len > 0 && m->content.len > 0));
  assert((u->kind == TG_SERVICE) == (m->kind == MESSAGE_SERVICE));
  assert(u->kind != TG_SERVICE || (m->raw.len > 0 && tg_content_is_quiet(m->content) && u->reason[0]));
  assert(m->kind != MESSAGE_PHOTO || (m->file_count == 1 && m->files->source.len > 0));
  check_content(m, a);
  const str texts[] = {m->text,      m->entities_json, m->album,         m->content,     m->raw,
                       m->from.name, m->from.username, m->from.language, m->external_id, m->reply_to_external_id,
                       u->payload};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) storable(texts[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size > 1 << 16) return 0;
  arena *a = arena_new(256 << 20);
  str raw = {(const char *)data, size}, element = STR_NONE, list = STR_NONE;
  struct tg_update *u = arena_new_of(a, struct tg_update);
  tg_update_parse(raw, a, u);
  check(u, a);
  /* The same bytes as a response that contains a batch. */
  if (!json_scan_member(raw, S("result"), &list)) list = raw;
  for (size_t at = 0; json_scan_element(list, &at, &element);) {
    assert(element.len > 0 && element.ptr >= raw.ptr && element.ptr + element.len <= raw.ptr + raw.len);
    tg_update_parse(element, a, u);
    check(u, a);
  }
  arena_free(&a);
  return 0;
}
