/* Packets of Engine.IO: the codec alone. Sessions are tested from outside, in tests/socketio. */
#include "net/eio_packet.h"
#include "net/testing.h"

struct payload_case {
  const char *why;
  str payload;
  bool valid;
};

static void payloads_are_judged(void **state) {
  (void)state;
  static const struct payload_case cases[] = {
      {"a message", STR_INIT("4hello"), true},
      {"an empty message", STR_INIT("4"), true},
      {"several packets",
       STR_INIT("4a\x1e"
                "3\x1e"
                "6\x1e"
                "4b"),
       true},
      {"bytes", STR_INIT("bAQIDBA=="), true},
      {"no bytes", STR_INIT("b"), true},
      {"a close", STR_INIT("1"), true},
      {"an upgrade, which means nothing here", STR_INIT("5"), true},
      {"nothing", STR_INIT(""), false},
      {"a separator alone", STR_INIT("\x1e"), false},
      {"an empty packet in the end", STR_INIT("4a\x1e"), false},
      {"an empty packet in front",
       STR_INIT("\x1e"
                "4a"),
       false},
      {"an open", STR_INIT("0{}"), false},
      {"a ping", STR_INIT("2"), false},
      {"a type beyond the last", STR_INIT("7"), false},
      {"a letter", STR_INIT("x"), false},
      {"broken UTF-8", STR_INIT("4\xff"), false},
      {"base64 cut short", STR_INIT("bAQI"), false},
      {"base64 with a foreign letter", STR_INIT("bAQ-D"), false},
      {"base64 with padding in the middle", STR_INIT("bA=ID"), false},
      {"base64 with a separator's worth of nothing", STR_INIT("b===="), false},
      {"base64 with bits left over, one pad", STR_INIT("bAQJ="), false},
      {"base64 with bits left over, two pads", STR_INIT("bAR=="), false},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    if (eio_payload_valid(cases[i].payload) != cases[i].valid) fail_msg("%s", cases[i].why);
  assert_false(eio_payload_valid(STR_NONE));
}

static void bytes_survive_a_payload(void **state) {
  (void)state;
  rand_seeded seeded;
  rand_seeded_init(&seeded, 11);
  for (size_t n = 0; n < 200; n++) {
    char bytes[200], back[300];
    rand_fill(&seeded.rand, bytes, n);
    buf b;
    buf_init(&b, 2 * eio_payload_room(n) + eio_payload_room(4));
    eio_payload_add_binary(&b, (str){bytes, n});
    eio_payload_add(&b, EIO_MESSAGE, S("text"));
    eio_payload_add_binary(&b, (str){bytes, n});
    assert_false(b.overflow);
    assert_true(eio_payload_valid(buf_borrow(&b)));
    str rest = buf_borrow(&b);
    struct eio_packet p;
    for (int i = 0; i < 3; i++) {
      assert_true(eio_payload_next(&rest, &p));
      assert_int_equal(p.type, EIO_MESSAGE);
      assert_int_equal(p.binary, i != 1);
      if (p.binary)
        assert_true(str_eq((str){back, eio_base64_decode(p.data, back)}, (str){bytes, n}));
      else
        assert_true(str_eq(p.data, S("text")));
    }
    assert_null(rest.ptr);
    buf_free(&b);
  }
}

static void a_frame_of_a_socket_knows_no_base64(void **state) {
  (void)state;
  struct eio_packet p;
  assert_true(eio_packet_parse(S("2probe"), false, &p));
  assert_int_equal(p.type, EIO_PING);
  assert_true(str_eq(p.data, S("probe")));
  assert_false(eio_packet_parse(S("bAQID"), false, &p));
  assert_false(eio_packet_parse(S(""), false, &p));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(payloads_are_judged),
      cmocka_unit_test(bytes_survive_a_payload),
      cmocka_unit_test(a_frame_of_a_socket_knows_no_base64),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
