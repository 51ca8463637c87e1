/* The pure machines of the HTTP side: heads, chunks, targets, header values, addresses. Sockets are in http_test.c. */
#include "net/addr.h"
#include "net/chunked.h"
#include "net/parse.h"
#include "net/range.h"
#include "net/testing.h"
#include "net/url.h"

struct head_case {
  const char *why;
  str head;
  int status; /* 0: accepted; -1: head_scan refuses it already */
};

#define HEAD(why, status, text) \
  { why, STR_INIT(text), status }

static const struct head_case head_cases[] = {
    HEAD("the least of all", 0, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    HEAD("one empty line before is skipped", 0, "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    HEAD("three empty lines are not", 400, "\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    HEAD("HTTP/1.0 needs no Host", 0, "GET / HTTP/1.0\r\n\r\n"),
    HEAD("a higher minor version is read as 1.1", 0, "GET / HTTP/1.9\r\nHost: a\r\n\r\n"),
    HEAD("HTTP/2 in this form is unknown", 505, "GET / HTTP/2.0\r\nHost: a\r\n\r\n"),
    HEAD("the version has one digit", 400, "GET / HTTP/1.10\r\nHost: a\r\n\r\n"),
    HEAD("lower case is no version", 400, "GET / http/1.1\r\nHost: a\r\n\r\n"),
    HEAD("HTTP/0.9 is gone", 400, "GET /\r\n\r\n"),
    HEAD("two spaces do not part", 400, "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"),
    HEAD("a tab does not part", 400, "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n"),
    HEAD("a space at the end of the line", 400, "GET / HTTP/1.1 \r\nHost: a\r\n\r\n"),
    HEAD("a space in the target", 400, "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"),
    HEAD("a fragment is never sent", 400, "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n"),
    HEAD("bytes above ASCII in the target", 400, "GET /\xC3\xA9 HTTP/1.1\r\nHost: a\r\n\r\n"),
    HEAD("the absolute form", 0, "GET http://a/b?c HTTP/1.1\r\nHost: a\r\n\r\n"),
    HEAD("the absolute form without a path", 0, "GET http://a HTTP/1.1\r\nHost: a\r\n\r\n"),
    HEAD("the absolute form without a host", 400, "GET http:///b HTTP/1.1\r\nHost: a\r\n\r\n"),
    HEAD("user information in the authority", 400, "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n"),
    HEAD("the authority form is a proxy's", 400, "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n"),
    HEAD("the asterisk form", 0, "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"),
    HEAD("the asterisk form is for OPTIONS", 400, "GET * HTTP/1.1\r\nHost: a\r\n\r\n"),
    HEAD("a relative target", 400, "GET a HTTP/1.1\r\nHost: a\r\n\r\n"),
    HEAD("a method we do not know is for the route to refuse", 0, "BREW / HTTP/1.1\r\nHost: a\r\n\r\n"),
    HEAD("a method is a token", 400, "G(T / HTTP/1.1\r\nHost: a\r\n\r\n"),
    HEAD("no Host", 400, "GET / HTTP/1.1\r\n\r\n"),
    HEAD("two Hosts", 400, "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"),
    HEAD("a list of Hosts", 400, "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"),
    HEAD("a path in Host", 400, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"),
    HEAD("an IPv6 Host with a port", 0, "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n"),
    HEAD("an open bracket in Host", 400, "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n"),
    HEAD("a port of letters", 400, "GET / HTTP/1.1\r\nHost: a:b\r\n\r\n"),
    HEAD("an empty Host is allowed", 0, "GET / HTTP/1.1\r\nHost:\r\n\r\n"),
    HEAD("a space before the colon", 400, "GET / HTTP/1.1\r\nHost : a\r\n\r\n"),
    HEAD("a tab before the colon", 400, "GET / HTTP/1.1\r\nHost\t: a\r\n\r\n"),
    HEAD("a folded line", 400, "GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n"),
    HEAD("a folded first line", 400, "GET / HTTP/1.1\r\n Host: a\r\n\r\n"),
    HEAD("no colon", 400, "GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n"),
    HEAD("no name", 400, "GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n"),
    HEAD("a name with a space", 400, "GET / HTTP/1.1\r\nHost: a\r\nX Y: b\r\n\r\n"),
    HEAD("a NUL in a value", 400, "GET / HTTP/1.1\r\nHost: a\r\nX: b\0c\r\n\r\n"),
    HEAD("a NUL in a name", 400, "GET / HTTP/1.1\r\nHost: a\r\nX\0: b\r\n\r\n"),
    HEAD("a bare CR in a value", 400, "GET / HTTP/1.1\r\nHost: a\r\nX: b\rc\r\n\r\n"),
    HEAD("DEL in a value", 400, "GET / HTTP/1.1\r\nHost: a\r\nX: \x7F\r\n\r\n"),
    HEAD("bytes above ASCII in a value are opaque", 0, "GET / HTTP/1.1\r\nHost: a\r\nX: \xC3\xA9\r\n\r\n"),
    HEAD("a tab inside a value", 0, "GET / HTTP/1.1\r\nHost: a\r\nX: b\tc\r\n\r\n"),
    HEAD("an empty value", 0, "GET / HTTP/1.1\r\nHost: a\r\nX:\r\n\r\n"),
    HEAD("a bare LF ends no line", -1, "GET / HTTP/1.1\nHost: a\n\n"),
    HEAD("a bare LF among good lines", -1, "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n"),
    HEAD("a bare LF at the end", -1, "GET / HTTP/1.1\r\nHost: a\r\n\n"),
    HEAD("a TLS greeting on our port", -1, "\x16\x03\x01\x02"),
    HEAD("a length", 0, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n"),
    HEAD("two equal lengths", 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n"),
    HEAD("two differing lengths", 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n"),
    HEAD("a list of lengths", 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\n"),
    HEAD("a signed length", 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\n"),
    HEAD("a negative length", 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n"),
    HEAD("a hexadecimal length", 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x5\r\n\r\n"),
    HEAD("an empty length", 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n"),
    HEAD("a length above 63 bits", 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9223372036854775808\r\n\r\n"),
    HEAD("a length above 64 bits", 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551621\r\n\r\n"),
    HEAD("chunked", 0, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"),
    HEAD("Chunked in another case", 0, "POST / HTTP/1.1\r\nHost: a\r\ntransfer-ENCODING: Chunked\r\n\r\n"),
    HEAD("length with chunked", 400,
         "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"),
    HEAD("chunked with length", 400,
         "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"),
    HEAD("chunked twice", 400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n"),
    HEAD("chunked in two headers", 400,
         "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"),
    HEAD("chunked not last", 400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\n\r\n"),
    HEAD("another coding before it", 501, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"),
    HEAD("identity was withdrawn", 400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n"),
    HEAD("a near miss of chunked", 400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n"),
    HEAD("chunked with a parameter", 400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked;q=1\r\n\r\n"),
    HEAD("a vertical tab before chunked", 400,
         "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \x0B"
         "chunked\r\n\r\n"),
    HEAD("chunked in HTTP/1.0", 400, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"),
    HEAD("an expectation we know", 0, "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\n\r\n"),
    HEAD("an expectation we do not", 417, "POST / HTTP/1.1\r\nHost: a\r\nExpect: miracles\r\n\r\n"),
};

static int judge(str head) {
  struct head_scan scan = {0};
  struct http_head out;
  const char *why;
  int64_t n = head_scan(&scan, head.ptr, head.len);
  if (n < 0) return -1;
  assert_int_equal(n, head.len);
  return http_parse_head(head, &out, &why);
}

static void heads_are_judged_as_the_table_says(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof head_cases / sizeof head_cases[0]; i++) {
    const struct head_case *c = &head_cases[i];
    str head = c->head;
    if (str_starts(head, S("\r\n\r\n\r\n"))) head.len = 6; /* the scan ends there */
    int status = judge(head);
    if (status != c->status) fail_msg("%s: %d instead of %d", c->why, status, c->status);
  }
}

static void a_head_may_come_byte_by_byte(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof head_cases / sizeof head_cases[0]; i++) {
    const struct head_case *c = &head_cases[i];
    struct head_scan scan = {0}, at_once = {0};
    int64_t n = 0, whole = head_scan(&at_once, c->head.ptr, c->head.len);
    for (size_t k = 1; k <= c->head.len && n == 0; k++) n = head_scan(&scan, c->head.ptr, k);
    if (n != whole) fail_msg("%s: %lld instead of %lld", c->why, (long long)n, (long long)whole);
  }
}

static void too_many_headers_are_refused(void **state) {
  (void)state;
  buf b;
  buf_init(&b, 1 << 20);
  buf_add(&b, S("GET / HTTP/1.1\r\nHost: a\r\n"));
  for (int i = 0; i < PARSE_HEADERS_MAX; i++) buf_add(&b, S("X: y\r\n"));
  buf_add(&b, S("\r\n"));
  assert_int_equal(judge(buf_borrow(&b)), 431);
  buf_free(&b);
}

static void the_absolute_form_gives_path_query_and_host(void **state) {
  (void)state;
  struct http_head h;
  const char *why;
  assert_int_equal(http_parse_head(S("GET HTTP://Example.org:80/a/b?c=d HTTP/1.1\r\nHost: other\r\n\r\n"), &h, &why),
                   0);
  assert_true(str_eq(h.path, S("/a/b")) && str_eq(h.query, S("c=d")) && str_eq(h.host, S("Example.org:80")));
  assert_int_equal(http_parse_head(S("GET http://e?q HTTP/1.1\r\nHost: e\r\n\r\n"), &h, &why), 0);
  assert_true(str_eq(h.path, S("/")) && str_eq(h.query, S("q")));
}

/* ---- chunks ---- */

struct chunk_case {
  const char *why;
  str bytes;
  const char *data; /* NULL: refused */
};

static const struct chunk_case chunk_cases[] = {
    {"two chunks", STR_INIT("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"), "abcde"},
    {"no chunk at all", STR_INIT("0\r\n\r\n"), ""},
    {"upper and lower case, leading zeros", STR_INIT("00A\r\n0123456789\r\n0\r\n\r\n"), "0123456789"},
    {"an extension is dropped", STR_INIT("3;a=b;c=\"d\"\r\nabc\r\n0;x\r\n\r\n"), "abc"},
    {"trailers are dropped", STR_INIT("1\r\na\r\n0\r\nX: y\r\nZ:\r\n\r\n"), "a"},
    {"a size must be there", STR_INIT("\r\nabc\r\n0\r\n\r\n"), NULL},
    {"a size is hexadecimal", STR_INIT("g\r\n"), NULL},
    {"a size has no sign", STR_INIT("-1\r\n"), NULL},
    {"a size has no 0x", STR_INIT("0x3\r\nabc\r\n0\r\n\r\n"), NULL},
    {"a space before the size", STR_INIT(" 3\r\nabc\r\n0\r\n\r\n"), NULL},
    {"a size of 17 digits overflows", STR_INIT("10000000000000003\r\nabc\r\n0\r\n\r\n"), NULL},
    {"a bare LF after the size", STR_INIT("3\nabc\r\n0\r\n\r\n"), NULL},
    {"a bare CR in an extension", STR_INIT("3;a\rb\r\nabc\r\n0\r\n\r\n"), NULL},
    {"a bare LF in an extension", STR_INIT("3;a\nb\r\nabc\r\n0\r\n\r\n"), NULL},
    {"a NUL in an extension", STR_INIT("3;a\0b\r\nabc\r\n0\r\n\r\n"), NULL},
    {"a chunk longer than its size", STR_INIT("3\r\nabcd\r\n0\r\n\r\n"), NULL},
    {"a bare LF after the data", STR_INIT("3\r\nabc\n0\r\n\r\n"), NULL},
    {"a folded trailer", STR_INIT("0\r\nX: y\r\n z\r\n\r\n"), NULL},
    {"a trailer with a space before the colon", STR_INIT("0\r\nX : y\r\n\r\n"), NULL},
    {"a bare LF in the trailers", STR_INIT("0\r\nX: y\n\r\n"), NULL},
};

/* Feeds in pieces of `step`; true when it ended well with exactly all bytes taken. */
static bool unchunk(str s, size_t step, buf *out) {
  struct chunked c = {0};
  for (size_t at = 0; at < s.len;) {
    size_t n = s.len - at < step ? s.len - at : step;
    str data;
    int64_t took = chunked_feed(&c, s.ptr + at, n, &data);
    if (took < 0) return false;
    buf_add(out, data);
    at += (size_t)took;
    if (chunked_done(&c)) return at == s.len;
    assert_true(took > 0);
  }
  return false;
}

static void chunks_are_decoded_at_every_split(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof chunk_cases / sizeof chunk_cases[0]; i++) {
    const struct chunk_case *c = &chunk_cases[i];
    for (size_t step = 1; step <= c->bytes.len; step++) {
      buf out;
      buf_init(&out, 4096);
      bool good = unchunk(c->bytes, step, &out);
      if (good != (c->data != NULL)) fail_msg("%s: %s in steps of %zu", c->why, good ? "accepted" : "refused", step);
      if (good) assert_true(str_eq(buf_borrow(&out), str_c(c->data)));
      buf_free(&out);
    }
  }
}

static void endless_extensions_and_trailers_are_cut(void **state) {
  (void)state;
  buf b, out;
  buf_init(&out, 4096);
  buf_init(&b, 1 << 20);
  buf_add(&b, S("1;"));
  for (int i = 0; i < CHUNKED_EXTENSION_MAX + 1; i++) buf_add_char(&b, 'a');
  buf_add(&b, S("\r\na\r\n0\r\n\r\n"));
  assert_false(unchunk(buf_borrow(&b), b.len, &out));
  buf_clear(&b);
  buf_add(&b, S("0\r\n"));
  for (int i = 0; i < CHUNKED_TRAILER_MAX / 4; i++) buf_add(&b, S("X: y\r\n"));
  buf_add(&b, S("\r\n"));
  assert_false(unchunk(buf_borrow(&b), b.len, &out));
  buf_free(&b);
  buf_free(&out);
}

/* ---- targets and values ---- */

static void paths_are_decoded_or_refused(void **state) {
  (void)state;
  static const struct {
    const char *why, *raw, *path;
  } rows[] = {
      {"plain", "/a/b", "/a/b"},
      {"an escape", "/a%20b", "/a b"},
      {"a plus stays", "/a+b", "/a+b"},
      {"a broken escape", "/a%2", NULL},
      {"a broken escape at the end", "/a%", NULL},
      {"no hexadecimal", "/a%zz", NULL},
      {"a NUL", "/a%00", NULL},
      {"a dot segment", "/a/./b", NULL},
      {"two dots", "/a/../b", NULL},
      {"two dots at the end", "/a/..", NULL},
      {"two dots in disguise", "/a/%2e%2E/b", NULL},
      {"a slash in disguise before dots", "/a%2F..%2Fb", NULL},
      {"three dots are a name", "/...", "/..."},
      {"a dot in a name", "/a.b/.c", "/a.b/.c"},
  };
  arena *a = arena_new(0);
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    str out;
    bool good = http_path_decode(str_c(rows[i].raw), a, &out);
    if (good != (rows[i].path != NULL)) fail_msg("%s", rows[i].why);
    if (good && !str_eq(out, str_c(rows[i].path))) fail_msg("%s: %.*s", rows[i].why, STR_ARG(out));
  }
  arena_free(&a);
}

static void query_and_cookies_are_found(void **state) {
  (void)state;
  arena *a = arena_new(0);
  str v;
  str query = S("a=1&b=x+y%21&c&%64=4&a=2&bad=%zz");
  assert_true(http_query_find(query, S("a"), a, &v) && str_eq(v, S("1")));
  assert_true(http_query_find(query, S("b"), a, &v) && str_eq(v, S("x y!")));
  assert_true(http_query_find(query, S("c"), a, &v) && v.len == 0);
  assert_true(http_query_find(query, S("d"), a, &v) && str_eq(v, S("4")));
  assert_false(http_query_find(query, S("bad"), a, &v));
  assert_false(http_query_find(query, S("e"), a, &v));
  assert_false(http_query_find(STR_NONE, S("e"), a, &v));
  assert_true(str_eq(http_cookie_find(S("x=1; sid=abc ; q=\"z\""), S("sid")), S("abc")));
  assert_true(str_eq(http_cookie_find(S("x=1; sid=abc; q=\"z\""), S("q")), S("z")));
  assert_null(http_cookie_find(S("xsid=1; sid"), S("sid")).ptr);
  arena_free(&a);
}

static void tags_and_encodings_are_matched(void **state) {
  (void)state;
  assert_true(http_etag_matches(S("\"a\", W/\"b\""), S("\"b\"")));
  assert_true(http_etag_matches(S("W/\"b\""), S("W/\"b\"")));
  assert_true(http_etag_matches(S("\"x,y\", \"b\""), S("\"b\"")));
  assert_true(http_etag_matches(S(" * "), S("\"b\"")));
  assert_false(http_etag_matches(S("\"a\""), S("\"b\"")));
  assert_false(http_etag_matches(S("\"b"), S("\"b\"")));
  static const struct {
    const char *accept, *picked;
  } rows[] = {
      {"gzip, deflate, br", "br"},
      {"gzip", "gzip"},
      {"br;q=0, gzip", "gzip"},
      {"", ""},
      {"br;q=0.5, gzip;q=1", "gzip"},
      {"*", "br"},
      {"*;q=0", ""},
      {"identity, gzip;q=0.1", ""},
      {"gzip;q=nonsense", ""},
      {"gzip;q=0.001", "gzip"},
      {"BR ; Q=0.8 , GZIP", "gzip"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    assert_string_equal(http_pick_encoding(str_c(rows[i].accept), true, true), rows[i].picked);
  assert_string_equal(http_pick_encoding(S("br"), false, true), "");
}

static void ranges_are_read(void **state) {
  (void)state;
  static const struct {
    const char *why, *header;
    int64_t size;
    enum range_result result;
    int64_t from, length;
  } rows[] = {
      {"the first bytes", "bytes=0-9", 100, RANGE_PART, 0, 10},
      {"to the end", "bytes=90-", 100, RANGE_PART, 90, 10},
      {"the last bytes", "bytes=-10", 100, RANGE_PART, 90, 10},
      {"more than there is", "bytes=50-1000", 100, RANGE_PART, 50, 50},
      {"the last of more than there is", "bytes=-1000", 100, RANGE_PART, 0, 100},
      {"behind the end", "bytes=100-", 100, RANGE_BEYOND, 0, 0},
      {"the last none", "bytes=-0", 100, RANGE_BEYOND, 0, 0},
      {"an empty file", "bytes=0-", 0, RANGE_BEYOND, 0, 0},
      {"several are sent whole", "bytes=0-1,5-6", 100, RANGE_WHOLE, 0, 0},
      {"backwards is nonsense", "bytes=9-0", 100, RANGE_WHOLE, 0, 0},
      {"another unit", "lines=0-1", 100, RANGE_WHOLE, 0, 0},
      {"a sign", "bytes=--5", 100, RANGE_WHOLE, 0, 0},
      {"nothing", "bytes=-", 100, RANGE_WHOLE, 0, 0},
      {"too large a number", "bytes=99999999999999999999-", 100, RANGE_WHOLE, 0, 0},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    int64_t from = 0, length = 0;
    enum range_result r = http_range(str_c(rows[i].header), rows[i].size, &from, &length);
    if (r != rows[i].result || (r == RANGE_PART && (from != rows[i].from || length != rows[i].length)))
      fail_msg("%s: %d %lld+%lld", rows[i].why, r, (long long)from, (long long)length);
  }
}

/* ---- addresses ---- */

static str behind(const char *trusted, const char *peer, const char *chain, char text[NET_ADDR_TEXT]) {
  struct net_blocks b;
  struct net_addr a, client;
  assert_false(err_is(net_blocks_parse(trusted, &b)));
  assert_true(net_addr_parse(str_c(peer), &a));
  client = net_client_behind(&b, a, str_c(chain));
  net_blocks_free(&b);
  return net_addr_format(&client, text);
}

static void a_forwarded_address_counts_from_trusted_proxies_only(void **state) {
  (void)state;
  static const struct {
    const char *why, *trusted, *peer, *chain, *client;
  } rows[] = {
      {"nobody is trusted", "", "10.0.0.1", "1.2.3.4", "10.0.0.1"},
      {"a trusted proxy tells", "10.0.0.1", "10.0.0.1", "1.2.3.4", "1.2.3.4"},
      {"a stranger lies", "10.0.0.1", "10.0.0.2", "1.2.3.4", "10.0.0.2"},
      {"a block", "10.0.0.0/8, ::1", "10.9.9.9", "1.2.3.4", "1.2.3.4"},
      {"two proxies", "10.0.0.0/8", "10.0.0.1", "1.2.3.4, 10.0.0.2", "1.2.3.4"},
      {"the client forged the left end", "10.0.0.0/8", "10.0.0.1", "6.6.6.6, 1.2.3.4", "1.2.3.4"},
      {"nonsense ends the chain", "10.0.0.0/8", "10.0.0.1", "1.2.3.4, unknown", "10.0.0.1"},
      {"IPv6", "::1", "::1", "2001:db8::1", "2001:db8::1"},
      {"a block of odd length", "192.168.0.0/23", "192.168.1.7", "1.2.3.4", "1.2.3.4"},
      {"just outside of it", "192.168.0.0/23", "192.168.2.7", "1.2.3.4", "192.168.2.7"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    char text[NET_ADDR_TEXT];
    str client = behind(rows[i].trusted, rows[i].peer, rows[i].chain, text);
    if (!str_eq(client, str_c(rows[i].client))) fail_msg("%s: %.*s", rows[i].why, STR_ARG(client));
  }
  struct net_blocks b;
  assert_true(err_is(net_blocks_parse("10.0.0.0/33", &b)));
  assert_true(err_is(net_blocks_parse("nonsense", &b)));
}

static void connections_are_counted_per_address(void **state) {
  (void)state;
  struct net_counts c = {0};
  struct net_addr a;
  for (int round = 0; round < 3; round++) {
    for (int i = 0; i < 2000; i++) {
      char text[32];
      snprintf(text, sizeof text, "10.%d.%d.%d", round, i / 250, i % 250);
      assert_true(net_addr_parse(str_c(text), &a));
      assert_true(net_counts_add(&c, &a, 1, 2));
      assert_true(net_counts_add(&c, &a, 1, 2));
      assert_false(net_counts_add(&c, &a, 1, 2));
      net_counts_remove(&c, &a, 1);
      assert_true(net_counts_add(&c, &a, 1, 2));
      net_counts_remove(&c, &a, 1);
      net_counts_remove(&c, &a, 1);
    }
  }
  assert_true(c.cap < 100000); /* addresses that have gone leave no trace */
  assert_true(net_addr_parse(S("2001:db8::1"), &a) && net_counts_add(&c, &a, 1, 1));
  assert_true(net_addr_parse(S("2001:db8::2"), &a));
  assert_false(net_counts_add(&c, &a, 1, 1)); /* the same /64 is the same client */
  assert_true(net_addr_parse(S("::1"), &a) && net_counts_add(&c, &a, 1, 1));
  assert_false(net_counts_add(&c, &a, 1, 1));
  net_counts_free(&c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(heads_are_judged_as_the_table_says),
      cmocka_unit_test(a_head_may_come_byte_by_byte),
      cmocka_unit_test(too_many_headers_are_refused),
      cmocka_unit_test(the_absolute_form_gives_path_query_and_host),
      cmocka_unit_test(chunks_are_decoded_at_every_split),
      cmocka_unit_test(endless_extensions_and_trailers_are_cut),
      cmocka_unit_test(paths_are_decoded_or_refused),
      cmocka_unit_test(query_and_cookies_are_found),
      cmocka_unit_test(tags_and_encodings_are_matched),
      cmocka_unit_test(ranges_are_read),
      cmocka_unit_test(a_forwarded_address_counts_from_trusted_proxies_only),
      cmocka_unit_test(connections_are_counted_per_address),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
