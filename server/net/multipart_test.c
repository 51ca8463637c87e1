/* The multipart machine: every form at every split gives the same parts. */
#include "net/multipart.h"
#include "net/testing.h"

struct form_case {
  const char *why;
  str body;
  const char *log; /* name|filename|type|data; one after the other. NULL: refused */
};

#define B  "--AaB03x"
#define CD "Content-Disposition: form-data; "
#define FORM(why, body, log) \
  { why, STR_INIT(body), log }

static const struct form_case cases[] = {
    FORM("a field", B "\r\n" CD "name=\"a\"\r\n\r\nhello\r\n" B "--\r\n", "a|-||hello;"),
    FORM("nothing after the end is needed", B "\r\n" CD "name=\"a\"\r\n\r\nhello\r\n" B "--", "a|-||hello;"),
    FORM("an empty field", B "\r\n" CD "name=\"a\"\r\n\r\n\r\n" B "--\r\n", "a|-||;"),
    FORM("a file", B "\r\n" CD "name=\"a\"; filename=\"x.txt\"\r\nContent-Type: text/plain\r\n\r\nhi\r\n" B "--\r\n",
         "a|x.txt|text/plain|hi;"),
    FORM("an empty filename is a file all the same", B "\r\n" CD "name=a; filename=\"\"\r\n\r\n\r\n" B "--\r\n",
         "a|||;"),
    FORM("a preamble and an epilogue", "preamble\r\n" B "\r\n" CD "name=a\r\n\r\nx\r\n" B "--\r\nepilogue " B "\r\n",
         "a|-||x;"),
    FORM("a preamble that looks alike", "x" B "\r\n\r\n" B "\r\n" CD "name=a\r\n\r\nx\r\n" B "--", "a|-||x;"),
    FORM("near misses are data",
         B "\r\n" CD "name=a\r\n\r\n\r\n--AaB03\r\n--AaB03y\r\r\n--\r\n-\r" B "\n" B "\r\n" B "--",
         "a|-||\r\n--AaB03\r\n--AaB03y\r\r\n--\r\n-\r" B "\n" B ";"),
    FORM("blanks may follow the boundary",
         B " \t\r\n" CD "name=a\r\n\r\nx\r\n" B "  \r\n" CD "name=b\r\n\r\ny\r\n" B "--", "a|-||x;b|-||y;"),
    FORM("a Windows path", B "\r\n" CD "name=a; filename=\"C:\\new\\x.txt\"\r\n\r\n\r\n" B "--", "a|x.txt||;"),
    FORM("a path that climbs", B "\r\n" CD "name=a; filename=\"../../etc/passwd\"\r\n\r\n\r\n" B "--", "a|passwd||;"),
    FORM("quotes as browsers write them", B "\r\n" CD "name=\"a%22b\"; filename=\"c%22d.txt\"\r\n\r\n\r\n" B "--",
         "a\"b|c\"d.txt||;"),
    FORM("quotes as others write them", B "\r\n" CD "name=\"a\\\"b\"; filename=\"c\\\\d\"\r\n\r\n\r\n" B "--",
         "a\"b|d||;"),
    FORM("a percent sign is itself", B "\r\n" CD "name=\"100%25\"; filename=\"5%.txt\"\r\n\r\n\r\n" B "--",
         "100%25|5%.txt||;"),
    FORM("an extended filename wins",
         B "\r\n" CD "filename*=UTF-8''%c3%a9.txt; name=a; filename=\"e.txt\"\r\n\r\n\r\n" B "--", "a|\xC3\xA9.txt||;"),
    FORM("control characters in a filename", B "\r\n" CD "name=a; filename=\"x%0Ay\x01z\"\r\n\r\n\r\n" B "--",
         "a|x_y_z||;"),
    FORM("a filename in another charset", B "\r\n" CD "name=a; filename=\"\xE9t\xE9\"\r\n\r\n\r\n" B "--", "a|_t_||;"),
    FORM("a semicolon inside quotes", B "\r\n" CD "name=\"a;b\"; filename=\"c;d\"\r\n\r\n\r\n" B "--", "a;b|c;d||;"),
    FORM("no part at all", B "--\r\n", ""),
    FORM("headers we do not know", B "\r\nX-Y: z\r\n" CD "name=a\r\n\r\nx\r\n" B "--", "a|-||x;"),
    FORM("it ends too early", B "\r\n" CD "name=a\r\n\r\nx\r\n", NULL),
    FORM("it never begins", "hello", NULL),
    FORM("a part without a name", B "\r\n" CD "filename=x\r\n\r\nx\r\n" B "--", NULL),
    FORM("a part without a disposition", B "\r\nX: y\r\n\r\nx\r\n" B "--", NULL),
    FORM("a part without headers", B "\r\n\r\nx\r\n" B "--", NULL),
    FORM("another disposition", B "\r\nContent-Disposition: attachment; name=a\r\n\r\nx\r\n" B "--", NULL),
    FORM("two dispositions", B "\r\n" CD "name=a\r\n" CD "name=b\r\n\r\nx\r\n" B "--", NULL),
    FORM("a header without a colon", B "\r\nnonsense\r\n" CD "name=a\r\n\r\nx\r\n" B "--", NULL),
    FORM("a name that is not UTF-8", B "\r\n" CD "name=\"\xFF\"\r\n\r\nx\r\n" B "--", NULL),
    FORM("a delimiter that goes on", B "\r\n" CD "name=a\r\n\r\nx\r\n" B "y\r\n" B "--", NULL),
    FORM("one dash is no end", B "\r\n" CD "name=a\r\n\r\nx\r\n" B "-\r\n", NULL),
};

static err begin(void *user, const struct multipart_part *p) {
  buf_printf(user, "%.*s|%.*s|%.*s|", STR_ARG(p->name), STR_ARG(p->filename.ptr ? p->filename : S("-")),
             STR_ARG(p->content_type));
  return err_ok;
}

static err data(void *user, str bytes) {
  buf_add(user, bytes);
  return err_ok;
}

static err end(void *user) {
  buf_add_char(user, ';');
  return err_ok;
}

static err parse(str a, str b, str c, buf *log) {
  struct multipart m = {.begin = begin, .data = data, .end = end, .user = log};
  multipart_init(&m, S("AaB03x"));
  err e = multipart_feed(&m, a);
  if (!err_is(e)) e = multipart_feed(&m, b);
  if (!err_is(e)) e = multipart_feed(&m, c);
  return err_is(e) ? e : multipart_end(&m);
}

static void check(const struct form_case *c, size_t i, size_t k) {
  buf log;
  buf_init(&log, 1 << 16);
  err e = parse(str_sub(c->body, 0, i), str_sub(c->body, i, k), str_sub(c->body, k, c->body.len), &log);
  if (err_is(e) != (c->log == NULL)) fail_msg("%s, split at %zu and %zu: %s", c->why, i, k, err_message(&e));
  if (c->log && !str_eq(buf_borrow(&log), str_c(c->log)))
    fail_msg("%s, split at %zu and %zu: %.*s", c->why, i, k, STR_ARG(buf_borrow(&log)));
  buf_free(&log);
}

static void every_form_at_every_split_gives_the_same_parts(void **state) {
  (void)state;
  for (size_t n = 0; n < sizeof cases / sizeof cases[0]; n++) {
    check(&cases[n], cases[n].body.len, cases[n].body.len);
    for (size_t i = 0; i <= cases[n].body.len; i++) {
      check(&cases[n], i, cases[n].body.len);
      check(&cases[n], i, i + 1 < cases[n].body.len ? i + 1 : cases[n].body.len);
    }
  }
}

static void every_form_byte_by_byte_gives_the_same_parts(void **state) {
  (void)state;
  for (size_t n = 0; n < sizeof cases / sizeof cases[0]; n++) {
    buf log;
    buf_init(&log, 1 << 16);
    struct multipart m = {.begin = begin, .data = data, .end = end, .user = &log};
    multipart_init(&m, S("AaB03x"));
    err e = err_ok;
    for (size_t i = 0; i < cases[n].body.len && !err_is(e); i++)
      e = multipart_feed(&m, str_sub(cases[n].body, i, i + 1));
    if (!err_is(e)) e = multipart_end(&m);
    if (err_is(e) != (cases[n].log == NULL)) fail_msg("%s", cases[n].why);
    if (cases[n].log) assert_true(str_eq(buf_borrow(&log), str_c(cases[n].log)));
    buf_free(&log);
  }
}

static void a_head_without_end_is_cut(void **state) {
  (void)state;
  buf log;
  buf_init(&log, 1 << 16);
  struct multipart m = {.begin = begin, .data = data, .end = end, .user = &log};
  multipart_init(&m, S("AaB03x"));
  err e = multipart_feed(&m, S("--AaB03x\r\n"));
  for (int i = 0; i < MULTIPART_HEAD_MAX && !err_is(e); i++) e = multipart_feed(&m, S("xxxx"));
  assert_true(err_is(e));
  buf_free(&log);
}

static void the_boundary_is_found_in_the_type(void **state) {
  (void)state;
  static const struct {
    const char *type, *boundary;
  } rows[] = {
      {"multipart/form-data; boundary=abc", "abc"},
      {"Multipart/Form-Data;Boundary=\"a b\"", "a b"},
      {"multipart/form-data; charset=utf-8; boundary=abc; x=y", "abc"},
      {"multipart/form-data", NULL},
      {"multipart/form-data; boundary=", NULL},
      {"multipart/form-data; boundary=\"a", NULL},
      {"multipart/form-data; boundary=\"a \"", NULL},
      {"multipart/form-data; boundary=a@b", NULL},
      {"multipart/mixed; boundary=abc", NULL},
      {"application/json", NULL},
      {"", NULL},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    str b;
    bool good = multipart_boundary(str_c(rows[i].type), &b);
    if (good != (rows[i].boundary != NULL)) fail_msg("%s", rows[i].type);
    if (good) assert_true(str_eq(b, str_c(rows[i].boundary)));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_form_at_every_split_gives_the_same_parts),
      cmocka_unit_test(every_form_byte_by_byte_gives_the_same_parts),
      cmocka_unit_test(a_head_without_end_is_cut),
      cmocka_unit_test(the_boundary_is_found_in_the_type),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
