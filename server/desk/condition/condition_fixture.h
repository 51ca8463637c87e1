/* Random conversations and random conditions, for the property that all evaluators of conditions agree:
 * condition_test.c (SQL and C) and `switchboard-conformance conditions` (C and TypeScript). The same seed gives the
 * same data. Header-only. */
#ifndef SB_DESK_CONDITION_CONDITION_FIXTURE_H
#define SB_DESK_CONDITION_CONDITION_FIXTURE_H

#include "base/fold.h"
#include "base/rand.h"
#include "desk/conversation/conversation.h"

enum { KIT_READER = 2, KIT_OPERATORS = 4, KIT_TIMES = 6 };
#define KIT_TIME_MS INT64_C(1800000000000)

struct condition_kit {
  rand_seeded seeded;
  arena *a;
  str letters; /* all letters of spec/fold.tbl */
};

static inline void kit_init(struct condition_kit *k, uint64_t seed, arena *a) {
  rand_seeded_init(&k->seeded, seed);
  k->a = a;
  buf b;
  buf_init(&b, 1 << 16);
  fold_print(&b);
  k->letters = arena_dup(a, buf_borrow(&b));
  buf_free(&b);
}

static inline int kit_below(struct condition_kit *k, int n) { return (int)rand_below(&k->seeded.rand, (uint64_t)n); }
#define KIT_PICK(k, array) ((array)[kit_below((k), (int)JSON_COUNT(array))])

/* One to six letters of the table, so that each of them is compared eventually. */
static inline str kit_letters(struct condition_kit *k) {
  str word = S("");
  for (int n = 1 + kit_below(k, 6); n > 0;) {
    size_t at = (size_t)kit_below(k, (int)k->letters.len);
    while (at > 0 && ((unsigned char)k->letters.ptr[at] & 0xc0) == 0x80) at--;
    size_t from = at;
    (void)str_utf8_next(k->letters, &at);
    if (k->letters.ptr[from] == ' ') continue;
    word = arena_concat(k->a, word, str_sub(k->letters, from, at));
    n--;
  }
  return word;
}

static const char *const kit_names[] = {
    "Anna Smith",
    "ANNA sm\xc3\xadth",
    "\xd0\x90\xd0\xbd\xd0\xbd\xd0\xb0 \xd0\x81\xd0\xbb\xd0\xba\xd0\xb8\xd0\xbd\xd0\xb0",
    "\xd0\xb5\xd0\xbb\xd0\xba\xd0\xb8\xd0\xbd",
    "Jose\xcc\x81 M",
    "O'Neil \"x\" \\ %_*",
    "Zo\xc3\xab \xf0\x9f\x98\x80",
    "a",
    "Stra\xc3\x9f"
    "e"};
static const char *const kit_usernames[] = {NULL, "anna_s", "ANNA", "\xc3\x89va", "100%", "bob"};
static const char *const kit_languages[] = {NULL, "en", "EN", "pt-br", "ru"};
static const char *const kit_sources[] = {NULL, "Ads", "ads", "Site"};
static const char *const kit_channels[] = {"letters", "app", "pigeon"};
static const char *const kit_accounts[] = {"a", "ru", "app", "777"};

static inline int64_t kit_time(struct condition_kit *k) { return KIT_TIME_MS + kit_below(k, KIT_TIMES) * 1500; }

/* A random value for a column of spec/fields.tbl. */
enum { KIT_PRESENT = 0, KIT_NULLABLE = 1 };
#define KIT_WORD(k, nullable, words)     (kit_below(k, (words)->count + (nullable)) - (nullable))
#define KIT_OPERATOR(k, nullable, words) (kit_below(k, KIT_OPERATORS - !(nullable)) + !(nullable))
#define KIT_NUMBER(k, nullable, words)   kit_below(k, 4)
#define KIT_TIME(k, nullable, words)     ((nullable) && kit_below(k, 2) ? 0 : kit_time(k))

/* known: the row contains the reader's read count, as responses do and events do not. */
static inline void kit_row(struct condition_kit *k, int64_t id, bool known, struct conversation_row *out) {
  struct customer_row *customer = arena_new_of(k->a, struct customer_row);
  struct conversation_last *last = arena_new_of(k->a, struct conversation_last);
  bool blocked = kit_below(k, 3) == 0;
  str first = kit_letters(k), second = arena_concat(k->a, S(" "), kit_letters(k));
  *customer = (struct customer_row){
      .id = id,
      .channel = str_c(KIT_PICK(k, kit_channels)),
      .account = str_c(KIT_PICK(k, kit_accounts)),
      .external_id = arena_printf(k->a, "%lld", (long long)id),
      .name = kit_below(k, 2) ? str_c(KIT_PICK(k, kit_names)) : arena_concat(k->a, first, second),
      .username = str_c(KIT_PICK(k, kit_usernames)),
      .language = str_c(KIT_PICK(k, kit_languages)),
      .source = str_c(KIT_PICK(k, kit_sources)),
      .source_tag = str_c(KIT_PICK(k, kit_sources)),
      .blocked = blocked,
      .blocked_at = blocked ? KIT_TIME_MS : 0,
      .created_at = KIT_TIME_MS,
  };
  int direction = kit_below(k, 4) - 1;
  *last = (struct conversation_last){.id = id,
                                     .direction = direction,
                                     .kind = direction == MESSAGE_SYSTEM ? MESSAGE_SYSTEM_MESSAGE : MESSAGE_TEXT,
                                     .preview = S("text"),
                                     .delivery = -1,
                                     .created_at = KIT_TIME_MS};
  *out = (struct conversation_row){.id = id, .customer = customer, .last_message = direction < 0 ? NULL : last};
#define COLUMN(NOUN, ...) COLUMN_OF_##NOUN(__VA_ARGS__)
#define COLUMN_OF_CONVERSATION(name, text, type, presence, access, column, words, sentence) \
  out->column = KIT_##type(k, KIT_##presence, words);
#include "spec/fields.tbl"
#undef COLUMN_OF_CONVERSATION
  out->read_count = known ? kit_below(k, (int)out->inbound_count + 1) : -1;
}

/* A piece of a name, sometimes in another case. */
static inline void kit_add_text(struct condition_kit *k, const struct condition_field *f, buf *out) {
  str s = f->type == CONDITION_NAME && kit_below(k, 3) == 0 ? kit_letters(k)
          : f->type == CONDITION_NAME
              ? str_c(kit_below(k, 3) ? KIT_PICK(k, kit_names) : kit_usernames[1 + kit_below(k, 5)])
          : kit_below(k, 3) == 0 ? str_c(kit_sources[1 + kit_below(k, 3)])
          : kit_below(k, 2)      ? str_c(kit_languages[1 + kit_below(k, 4)])
                                 : str_c(KIT_PICK(k, kit_channels));
  if (kit_below(k, 2)) s = str_utf8_prefix(s, 1 + (size_t)kit_below(k, 4));
  if (kit_below(k, 3) == 0) s = str_fold(k->a, s);
  buf_add_json_string(out, s.len ? s : S("a"));
}

static inline void kit_add_value(struct condition_kit *k, const struct condition_field *f, buf *out) {
  switch (f->type) {
    case CONDITION_WORD: buf_add_json_string(out, str_c(f->names->names[kit_below(k, f->names->count)])); break;
    case CONDITION_OPERATOR: {
      int which = kit_below(k, KIT_OPERATORS + 1);
      if (which == 0 || which == KIT_OPERATORS)
        buf_add(out, which ? S("\"me\"") : S("\"none\""));
      else
        buf_add_i64(out, which);
      break;
    }
    case CONDITION_TEXT:
    case CONDITION_NAME: kit_add_text(k, f, out); break;
    case CONDITION_FLAG: buf_add(out, kit_below(k, 2) ? S("true") : S("false")); break;
    case CONDITION_NUMBER: buf_add_i64(out, kit_below(k, 5) - 1); break;
    case CONDITION_TIME:
      buf_add_char(out, '"');
      buf_add_iso_time(out, kit_time(k));
      buf_add_char(out, '"');
      break;
  }
}

static inline void kit_add_leaf_of(struct condition_kit *k, const struct condition_field *f, buf *out) {
  int op = kit_below(k, OPS);
  while (!(condition_ops(f) >> op & 1)) op = kit_below(k, OPS);
  buf_printf(out, "{\"field\":\"%s\",\"op\":\"%s\"", f->name, condition_op_names.names[op]);
  if (op == OP_BETWEEN && f->type == CONDITION_TIME) {
    buf_printf(out, ",\"value\":[\"2027-01-15T08:00:0%d.500Z\",\"2027-01-15T08:00:0%d.000Z\"]", kit_below(k, 4),
               4 + kit_below(k, 5));
  } else if (op == OP_BETWEEN) {
    buf_printf(out, ",\"value\":[%d,%d]", kit_below(k, 3) - 1, 2 + kit_below(k, 2));
  } else if (op == OP_IN || op == OP_NOT_IN) {
    for (int i = 0, n = 1 + kit_below(k, 3); i < n; i++) {
      buf_add(out, i ? S(",") : S(",\"value\":["));
      kit_add_value(k, f, out);
    }
    buf_add_char(out, ']');
  } else if (op != OP_EMPTY && op != OP_NOT_EMPTY) {
    buf_add(out, S(",\"value\":"));
    kit_add_value(k, f, out);
  }
  buf_add_char(out, '}');
}

static inline void kit_add_leaf(struct condition_kit *k, buf *out) {
  kit_add_leaf_of(k, &conversation_noun.fields[kit_below(k, (int)conversation_noun.count)], out);
}

static inline void kit_add_condition(struct condition_kit *k, int depth, buf *out) {
  static const char *const groups[] = {"all", "any", "none"};
  if (depth == 0 || kit_below(k, 3) == 0) {
    kit_add_leaf(k, out);
    return;
  }
  buf_printf(out, "{\"%s\":", KIT_PICK(k, groups));
  for (int i = 0, n = 1 + kit_below(k, 3); i < n; i++) {
    buf_add_char(out, i ? ',' : '[');
    kit_add_condition(k, depth - 1, out);
  }
  buf_add(out, S("]}"));
}

static inline str kit_condition(struct condition_kit *k) {
  buf b;
  buf_init(&b, CONDITION_BYTES_MAX);
  kit_add_condition(k, kit_below(k, 4), &b);
  str json = arena_dup(k->a, buf_borrow(&b));
  buf_free(&b);
  return json;
}

#endif
