/* See ws_deflate.h. */
#include "net/ws_deflate.h"

#include "base/arena.h"
#include "base/log.h"
#include "net/parse.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* The level is chosen for one pass over a few hundred bytes of JSON: higher ones cost twice the time for 2 %. */
enum { LEVEL = 3, MEMORY_LEVEL = 8, BUFFER_KEPT_MAX = 256 << 10, STEP_MIN = 1 << 10, STEP_MAX = 64 << 10 };

struct codec_ctx {
  z_stream deflate, inflate;
  bool can_deflate, can_inflate;
  char *out;
  size_t out_cap;
};

static pthread_key_t key;
static pthread_once_t key_once = PTHREAD_ONCE_INIT;
static _Thread_local struct codec_ctx *mine;

static void drop_codec(void *arg) {
  struct codec_ctx *c = arg;
  if (c->can_deflate) deflateEnd(&c->deflate);
  if (c->can_inflate) inflateEnd(&c->inflate);
  free(c->out);
  free(c);
}

static void make_key(void) { pthread_key_create(&key, drop_codec); }

static struct codec_ctx *codec(void) {
  if (mine) return mine;
  pthread_once(&key_once, make_key);
  mine = mem_alloc(sizeof *mine);
  pthread_setspecific(key, mine);
  return mine;
}

bool ws_deflate(str message, str *out) {
  struct codec_ctx *c = codec();
  if (!c->can_deflate) {
    if (deflateInit2(&c->deflate, LEVEL, Z_DEFLATED, -15, MEMORY_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK) return false;
    c->can_deflate = true;
  } else {
    deflateReset(&c->deflate);
  }
  if (message.len < 16 || message.len > UINT32_MAX / 2) return false;
  /* The output must be smaller than the message: room for one byte less, plus the sync marker that is cut off. */
  size_t room = message.len + 4;
  if (c->out_cap < room || c->out_cap > BUFFER_KEPT_MAX) {
    free(c->out);
    c->out_cap = room;
    c->out = mem_alloc(room);
  }
  /* zlib's next_in lacks a const in its type, it only reads. */
  memcpy(&c->deflate.next_in, &message.ptr, sizeof message.ptr);
  c->deflate.avail_in = (uInt)message.len;
  c->deflate.next_out = (Bytef *)c->out;
  c->deflate.avail_out = (uInt)room;
  if (deflate(&c->deflate, Z_SYNC_FLUSH) != Z_OK || c->deflate.avail_out == 0) return false;
  size_t n = room - c->deflate.avail_out;
  if (n < 4 || memcmp(c->out + n - 4, "\0\0\xFF\xFF", 4) != 0 || n - 4 >= message.len) return false;
  *out = (str){c->out, n - 4};
  return true;
}

/* Runs the inflater over one input, which may contain several deflate streams (a block with BFINAL, RFC 7692, 7.2.3.4). */
static enum ws_inflate_result inflate_input(z_stream *z, const char *p, size_t n, buf *out) {
  memcpy(&z->next_in, &p, sizeof p);
  z->avail_in = (uInt)n;
  for (size_t step = STEP_MIN;; step = step < STEP_MAX ? step * 2 : step) {
    size_t left = out->max - out->len;
    /* One byte beyond the maximum shows that the message is over it. */
    char spill = 0;
    size_t want = step < left ? step : left;
    char *at = want ? buf_reserve(out, want) : &spill;
    z->next_out = (Bytef *)at;
    z->avail_out = (uInt)(want ? want : 1);
    uInt before = z->avail_in;
    int result = inflate(z, Z_SYNC_FLUSH);
    size_t made = (want ? want : 1) - z->avail_out;
    if (made && !want) return WS_INFLATE_TOO_BIG;
    if (want) buf_commit(out, made);
    if (result == Z_STREAM_END) {
      inflateReset(z);
      if (z->avail_in == 0) return WS_INFLATE_OK;
      if (before == z->avail_in && !made) return WS_INFLATE_BROKEN;
      continue;
    }
    if (result == Z_BUF_ERROR && z->avail_in == 0) return WS_INFLATE_OK;
    if (result != Z_OK) return WS_INFLATE_BROKEN;
    if (z->avail_in == 0 && z->avail_out) return WS_INFLATE_OK;
  }
}

enum ws_inflate_result ws_inflate(str message, buf *out) {
  struct codec_ctx *c = codec();
  if (!c->can_inflate) {
    if (inflateInit2(&c->inflate, -15) != Z_OK) return WS_INFLATE_BROKEN;
    c->can_inflate = true;
  } else {
    inflateReset(&c->inflate);
  }
  if (message.len > UINT32_MAX / 2) return WS_INFLATE_TOO_BIG;
  enum ws_inflate_result r = inflate_input(&c->inflate, message.ptr, message.len, out);
  /* The sender removed this marker: RFC 7692, 7.2.2. */
  return r == WS_INFLATE_OK ? inflate_input(&c->inflate, "\0\0\xFF\xFF", 4, out) : r;
}

/* ---- negotiation ---- */

/* A window size as RFC 7692, 7.1.2 writes it: 8 to 15 without a leading zero, optionally quoted. */
static bool window_of(str value, uint8_t *bits) {
  if (value.len >= 2 && value.ptr[0] == '"' && value.ptr[value.len - 1] == '"')
    value = str_sub(value, 1, value.len - 1);
  uint64_t n;
  if (value.len == 0 || value.ptr[0] == '0' || !str_to_u64(value, &n) || n < 8 || n > 15) return false;
  *bits = (uint8_t)n;
  return true;
}

static bool accept_offer(str parameters, uint8_t *window_bits, bool *names_window) {
  enum { SERVER_NO_TAKEOVER = 1, CLIENT_NO_TAKEOVER = 2, SERVER_WINDOW = 4, CLIENT_WINDOW = 8 };
  unsigned seen = 0;
  uint8_t ignored;
  *window_bits = 15;
  while (parameters.ptr) {
    str value = str_trim(str_cut(&parameters, ';'));
    str name = str_trim(str_cut(&value, '='));
    bool given = value.ptr != NULL;
    value = str_trim(value);
    unsigned which;
    if (str_eq_ignore_case(name, S("server_no_context_takeover")) && !given)
      which = SERVER_NO_TAKEOVER;
    else if (str_eq_ignore_case(name, S("client_no_context_takeover")) && !given)
      which = CLIENT_NO_TAKEOVER;
    else if (str_eq_ignore_case(name, S("server_max_window_bits")) && window_of(value, window_bits))
      which = SERVER_WINDOW;
    else if (str_eq_ignore_case(name, S("client_max_window_bits")) && (!given || window_of(value, &ignored)))
      which = CLIENT_WINDOW;
    else
      return false;
    if (seen & which) return false;
    seen |= which;
  }
  *names_window = seen & SERVER_WINDOW;
  return true;
}

bool ws_deflate_accept(str extensions, uint8_t *window_bits, bool *names_window) {
  while (extensions.ptr) {
    str parameters = str_cut(&extensions, ',');
    str name = str_trim(str_cut(&parameters, ';'));
    if (str_eq_ignore_case(name, S("permessage-deflate")) && accept_offer(parameters, window_bits, names_window))
      return true;
  }
  return false;
}
