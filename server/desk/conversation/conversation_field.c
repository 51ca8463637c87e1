/* The fields of a conversation for conditions: spec/fields.tbl. */
#include "desk/conversation/conversation.h"

enum field_table {
  TABLE_OWN = 0,
  TABLE_CUSTOMER = CONVERSATION_NEEDS_CUSTOMER,
  TABLE_MESSAGE = CONVERSATION_NEEDS_MESSAGE,
  TABLE_MARK = CONVERSATION_NEEDS_MARK
};
enum { PRESENCE_PRESENT = false, PRESENCE_NULLABLE = true };
enum { ACCESS_COMPARED = false, ACCESS_INDEXED = true };

static const struct condition_field fields[] = {
#define FIELD(NOUN, ...) FIELD_OF_##NOUN(__VA_ARGS__)
#define FIELD_OF_CONVERSATION(id, text, kind, presence, access, table, words, c, sql_text, ts, sentence) \
  [CONVERSATION_FIELD_##id] = {.name = text,                                                             \
                               .type = CONDITION_##kind,                                                 \
                               .nullable = PRESENCE_##presence,                                          \
                               .indexed = ACCESS_##access,                                               \
                               .tables = TABLE_##table,                                                  \
                               .names = words,                                                           \
                               .sql = sql_text,                                                          \
                               .typescript = ts,                                                         \
                               .doc = sentence},
#include "spec/fields.tbl"
#undef FIELD_OF_CONVERSATION
};

/* A row's value, by the field's type; false when it is unknown. */
static inline bool has_number(struct condition_value *v, int64_t n, int64_t none) {
  *v = (struct condition_value){.kind = n == none ? VALUE_NONE : VALUE_GIVEN, .number = n};
  return n != CONDITION_NOT_KNOWN;
}
static inline bool has_text(struct condition_value *v, str s) {
  *v = (struct condition_value){.kind = s.ptr ? VALUE_GIVEN : VALUE_NONE, .text = s};
  return true;
}
#define HAS_WORD(v, x)     has_number(v, x, -1)
#define HAS_OPERATOR(v, x) has_number(v, x, 0)
#define HAS_TIME(v, x)     has_number(v, x, 0)
#define HAS_FLAG(v, x)     has_number(v, x, -1)
#define HAS_NUMBER(v, x)   has_number(v, x, CONDITION_NOT_KNOWN)
#define HAS_TEXT(v, x)     has_text(v, x)
#define HAS_NAME(v, x)     has_text(v, x)

static bool read_field(const void *any, size_t field, struct condition_value *out) {
  const struct conversation_row *row = any;
  switch ((enum conversation_field)field) {
#define FIELD(NOUN, ...) FIELD_OF_##NOUN(__VA_ARGS__)
#define FIELD_OF_CONVERSATION(id, text, kind, presence, access, table, words, c, sql_text, ts, sentence) \
  case CONVERSATION_FIELD_##id:                                                                          \
    return HAS_##kind(out, c);
#include "spec/fields.tbl"
#undef FIELD_OF_CONVERSATION
    case CONVERSATION_FIELDS: break;
  }
  return false;
}

const struct condition_noun conversation_noun = {"Conversation", fields, CONVERSATION_FIELDS, read_field};
