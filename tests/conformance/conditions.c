/* `switchboard-conformance conditions SEED`: prints random conversations and conditions, and the result of the C evaluator for each
 * pair, for tests/blackbox/conditions.test.ts, which compares the panel's evaluator with it. */
#include "tests/conformance/conditions.h"

#include "desk/condition/condition_fixture.h"

#include <stdio.h>

enum { ROWS = 120, CONDITIONS = 800, OUTPUT_MAX = 16 << 20 };

static void add_case(buf *out, const struct condition *c, const struct conversation_row *rows) {
  static const char truths[] = {[CONDITION_NO] = 'n', [CONDITION_YES] = 'y', [CONDITION_UNKNOWN] = '?'};
  buf_add(out, S("{\"condition\":"));
  condition_print(out, &conversation_noun, c);
  buf_add(out, S(",\"rows\":\""));
  for (int i = 0; i < ROWS; i++)
    buf_add_char(out, truths[condition_match(&conversation_noun, c, &rows[i], KIT_READER)]);
  buf_add(out, S("\"}"));
}

int conditions_print(uint64_t seed) {
  arena *a = arena_new(0);
  struct condition_kit kit;
  static struct conversation_row rows[ROWS];
  buf out;
  buf_init(&out, OUTPUT_MAX);
  kit_init(&kit, seed, a);
  buf_printf(&out, "{\"reader\":%d,\"rows\":[", KIT_READER);
  for (int i = 0; i < ROWS; i++) {
    kit_row(&kit, i + 1, i % 5 != 0, &rows[i]);
    if (i) buf_add_char(&out, ',');
    json_encode(&out, &conversation_shape, &rows[i], JSON_SNAKE);
  }
  buf_add(&out, S("],\"cases\":["));
  for (int i = 0; i < CONDITIONS; i++) {
    const struct condition *c;
    err e = condition_parse(&conversation_noun, kit_condition(&kit), "filter", a, &c);
    if (err_is(e)) {
      fprintf(stderr, "%s\n", err_message(&e));
      return 1;
    }
    if (i) buf_add_char(&out, ',');
    add_case(&out, c, rows);
  }
  buf_add(&out, S("]}\n"));
  bool good = !out.overflow && fwrite(out.ptr, 1, out.len, stdout) == out.len;
  buf_free(&out);
  arena_free(&a);
  return good ? 0 : 1;
}
