/* The opening handshake of a WebSocket, RFC 6455, 4.2. */
#include "net/conn.h"
#include "net/ws_deflate.h"

#include <assert.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <string.h>

/* 16 bytes in base64: 22 significant characters and two of padding. */
static bool key_valid(str key) {
  unsigned char bytes[18];
  if (key.len != 24 || !str_ends(key, S("=="))) return false;
  return EVP_DecodeBlock(bytes, (const unsigned char *)key.ptr, 24) == 18;
}

static void accept_key(str key, char out[32]) {
  static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  unsigned char text[24 + sizeof guid - 1], digest[SHA_DIGEST_LENGTH];
  memcpy(text, key.ptr, 24);
  memcpy(text + 24, guid, sizeof guid - 1);
  SHA1(text, sizeof text, digest);
  EVP_EncodeBlock((unsigned char *)out, digest, sizeof digest);
}

/* All values of a header that may be repeated, as one list. */
static str joined(http_req *req, str name) {
  str all = STR_NONE;
  for (size_t i = 0; i < req->headers_count; i++) {
    if (!str_eq_ignore_case(req->headers[i].name, name)) continue;
    str one = req->headers[i].value;
    all = all.ptr ? arena_printf(req->arena, "%.*s,%.*s", STR_ARG(all), STR_ARG(one)) : one;
  }
  return all;
}

/* 0, or the error status. */
static int check(http_req *req, const char **why) {
  *why = "This URL is a WebSocket endpoint.";
  if (req->method != HTTP_GET || req->minor_version < 1 || req->body_unfinished || req->body.taken) return 400;
  if (!http_list_has(joined(req, S("upgrade")), S("websocket")) || !req->wants_upgrade) return 426;
  *why = "Only WebSocket version 13 is supported.";
  if (!str_eq(http_header_of(req, S("sec-websocket-version")), S("13"))) return 426;
  *why = "Sec-WebSocket-Key is missing or malformed.";
  if (!key_valid(http_header_of(req, S("sec-websocket-key")))) return 400;
  return 0;
}

static void refuse(http_req *req, int status, const char *why) {
  buf body;
  buf_init(&body, 1024);
  buf_printf(&body, "{\"error\":{\"code\":\"%s\",\"message\":\"%s\"},\"message\":\"%s\"}", err_text(ERR_BAD_REQUEST),
             why, why);
  if (status == 426) {
    http_add_header(req, S("Upgrade"), S("websocket"));
    http_add_header(req, S("Connection"), S("Upgrade"));
    http_add_header(req, S("Sec-WebSocket-Version"), S("13"));
  }
  http_reply(req, status, S("application/json"), buf_borrow(&body));
  buf_free(&body);
}

static void offer_deflate(http_req *req, struct upgrade *u) {
  bool names_window;
  if (!u->config->deflate) return;
  if (!ws_deflate_accept(joined(req, S("sec-websocket-extensions")), &u->window_bits, &names_window)) return;
  u->deflate = true;
  char text[128];
  int n = snprintf(text, sizeof text, "permessage-deflate; server_no_context_takeover; client_no_context_takeover");
  if (names_window) n += snprintf(text + n, sizeof text - (size_t)n, "; server_max_window_bits=%d", u->window_bits);
  http_add_header(req, S("Sec-WebSocket-Extensions"), (str){text, (size_t)n});
}

static struct shard *shard_of(const http_req *req, const net_loop *loop) {
  const struct http_server *s = req->shard->server;
  for (int i = 0; i < s->shards_count; i++)
    if (s->shards[i]->loop == loop) return s->shards[i];
  assert(!"a loop that is not the server's");
  return NULL;
}

void http_upgrade(http_req *req, const struct ws_config *config, void *user, void (*gone)(void *user)) {
  http_upgrade_on(req, req->shard->loop, config, user, gone);
}

void http_upgrade_on(http_req *req, net_loop *loop, const struct ws_config *config, void *user,
                     void (*gone)(void *user)) {
  const char *why;
  int status = check(req, &why);
  if (status) {
    refuse(req, status, why);
    if (gone) gone(user);
    return;
  }
  struct upgrade *u = arena_new_of(req->arena, struct upgrade);
  *u = (struct upgrade){.config = config, .user = user, .gone = gone, .client = req->client, .window_bits = 15};
  u->authenticated = atomic_load_explicit(&req->authenticated, memory_order_relaxed);
  if (loop != req->shard->loop) u->to = shard_of(req, loop);
  char accept[32];
  accept_key(http_header_of(req, S("sec-websocket-key")), accept);
  http_add_header(req, S("Upgrade"), S("websocket"));
  http_add_header(req, S("Connection"), S("Upgrade"));
  http_add_header(req, S("Sec-WebSocket-Accept"), str_c(accept));
  offer_deflate(req, u);
  if (config->protocol.ptr && http_list_has(joined(req, S("sec-websocket-protocol")), config->protocol))
    http_add_header(req, S("Sec-WebSocket-Protocol"), config->protocol);
  reply_begin(req, 101);
  struct out_buf *b = reply_head(req, 101, STR_NONE, -1, STR_NONE);
  req->out[req->out_count++] = (struct out_piece){b->bytes, b->len, &b->owner};
  req->upgrade = u;
  reply_send(req);
}
