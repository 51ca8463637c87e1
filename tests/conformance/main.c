/* switchboard-conformance: the net core alone, with routes for public test suites and the load generator. */
#include "base/log.h"
#include "net/http.h"
#include "net/ws.h"
#include "tests/conformance/conditions.h"
#include "tests/conformance/socketio.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MESSAGE_MAX = 64 << 20, BODY_MAX = 64 << 20, FILE_BYTES = 1 << 20 };
static const uint64_t MEMORY_MAX = 4ull << 30, DISK_MAX = 16ull << 30; /* public suites send bodies of any size */

static const char usage[] =
    "switchboard-conformance --port N [--host ADDRESS] [--loops N] [--trust LIST] [--spool DIR]\n"
    "                        [--per-address N] [--connections N] [--memory BYTES] [--disk BYTES] [--ping-interval MS] "
    "[--ping-timeout MS]\n"
    "switchboard-conformance conditions SEED   prints random conversations, conditions and what C says of them\n"
    "\n"
    "  /echo        WebSocket: sends every message back; permessage-deflate; messages up to 64 MiB\n"
    "  /broadcast   WebSocket: every message goes to all sockets of this route; the address takes up to 5,000 of them\n"
    "  /            and /http-echo, any method: "
    "{\"method\",\"target\",\"path\",\"client\",\"https\",\"headers\":[[name,value]..],\n"
    "               \"body_bytes\",\"body\"} with the body as text (left out when it is not UTF-8)\n"
    "  /hello       GET: 13 bytes of text, answered on the loop\n"
    "  /work        GET: the same, answered by a worker\n"
    "  /slow?ms=N   GET: answers after N ms (at most 60,000), from a thread of its own\n"
    "  /raw         POST: the body comes back as it is\n"
    "  /upload      POST multipart/form-data: {\"parts\":[{\"name\",\"filename\",\"type\",\"size\",\"sha256\"}..]}\n"
    "  /file        GET: 1 MiB where byte i is i mod 251; Range, If-Range, If-None-Match\n"
    "  /stats       GET: the server's counters; /socketio-stats those of Socket.IO\n"
    "  /engine.io/  Engine.IO 4: every message comes back\n"
    "  /socket.io/  Socket.IO 5: the namespaces / and /custom as the protocol's public suite wants them (`auth` on\n"
    "               connect, `message` -> `message-back`, `message-with-ack`); /rooms, /door and /recovery for the\n"
    "               tests of this project. Both ping every 300 ms and wait 200 ms unless told otherwise\n";

static http_server *server;
static char file_path[256];

/* ---- HTTP ---- */

static void echo(http_req *req, void *user) {
  (void)user;
  buf b;
  buf_init(&b, BODY_MAX * 2);
  str body = http_body_of(req);
  buf_add(&b, S("{\"method\":"));
  buf_add_json_string(&b, http_method_name(req));
  buf_add(&b, S(",\"target\":"));
  buf_add_json_string(&b, http_raw_target(req));
  buf_add(&b, S(",\"path\":"));
  buf_add_json_string(&b, http_path(req));
  buf_add(&b, S(",\"client\":"));
  buf_add_json_string(&b, http_client_address(req));
  buf_printf(&b, ",\"https\":%s,\"headers\":[", http_is_https(req) ? "true" : "false");
  for (size_t i = 0; i < http_header_count(req); i++) {
    struct http_header h = http_header_at(req, i);
    buf_add(&b, i ? S(",[") : S("["));
    buf_add_json_string(&b, h.name);
    buf_add_char(&b, ',');
    buf_add_json_string(&b, h.value);
    buf_add_char(&b, ']');
  }
  buf_printf(&b, "],\"body_bytes\":%zu", body.len);
  if (str_utf8_valid(body)) {
    buf_add(&b, S(",\"body\":"));
    buf_add_json_string(&b, body);
  }
  buf_add_char(&b, '}');
  http_reply_take(req, 200, S("application/json"), &b);
}

static void hello(http_req *req, void *user) {
  (void)user;
  http_reply(req, 200, S("text/plain"), S("Hello, world\n"));
}

static void raw(http_req *req, void *user) {
  (void)user;
  str type = http_header_of(req, S("content-type"));
  http_reply(req, 200, type.ptr ? type : S("application/octet-stream"), http_body_of(req));
}

static void *reply_later(void *arg) {
  http_req *req = arg;
  uint64_t ms = 0;
  str_to_u64(http_query(req, S("ms")), &ms);
  if (ms > 60000) ms = 60000;
  struct timespec t = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};
  nanosleep(&t, NULL);
  http_reply(req, 200, S("text/plain"), http_client_gone(req) ? S("nobody\n") : S("slow\n"));
  return NULL;
}

static void slow(http_req *req, void *user) {
  (void)user;
  pthread_t thread;
  if (pthread_create(&thread, NULL, reply_later, req) != 0) {
    http_reply_err(req, err_retry(ERR_OVERLOADED, 1000));
    return;
  }
  pthread_detach(thread);
}

static void add_sha256_of_file(buf *b, const char *path) {
  unsigned char digest[EVP_MAX_MD_SIZE], piece[16384];
  unsigned int n = 0;
  EVP_MD_CTX *md = EVP_MD_CTX_new();
  FILE *f = fopen(path, "rbe");
  EVP_DigestInit_ex(md, EVP_sha256(), NULL);
  for (size_t got; f && (got = fread(piece, 1, sizeof piece, f)) > 0;) EVP_DigestUpdate(md, piece, got);
  EVP_DigestFinal_ex(md, digest, &n);
  EVP_MD_CTX_free(md);
  if (f) fclose(f);
  buf_add_hex(b, digest, n);
}

static void add_sha256(buf *b, str s) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int n = 0;
  EVP_Digest(s.ptr, s.len, digest, &n, EVP_sha256(), NULL);
  buf_add_hex(b, digest, n);
}

static void upload(http_req *req, void *user) {
  (void)user;
  if (!http_is_multipart(req)) {
    http_reply_err(req, err_make(ERR_UNSUPPORTED_TYPE));
    return;
  }
  buf b;
  buf_init(&b, 4 << 20);
  buf_add(&b, S("{\"parts\":["));
  for (size_t i = 0; i < http_part_count(req); i++) {
    struct http_part *p = http_part_at(req, i);
    buf_add(&b, i ? S(",{\"name\":") : S("{\"name\":"));
    buf_add_json_string(&b, p->name);
    buf_add(&b, S(",\"filename\":"));
    if (p->filename.ptr)
      buf_add_json_string(&b, p->filename);
    else
      buf_add(&b, S("null"));
    buf_add(&b, S(",\"type\":"));
    buf_add_json_string(&b, p->content_type);
    buf_printf(&b, ",\"size\":%lld,\"sha256\":\"", (long long)p->size_bytes);
    if (p->path)
      add_sha256_of_file(&b, p->path);
    else
      add_sha256(&b, p->value);
    buf_add(&b, S("\"}"));
  }
  buf_add(&b, S("]}"));
  http_reply_take(req, 200, S("application/json"), &b);
}

static void file(http_req *req, void *user) {
  (void)user;
  struct http_file f = {.path = file_path,
                        .content_type = S("application/octet-stream"),
                        .etag = S("\"file-1\""),
                        .cache_control = "no-cache"};
  str name = http_query(req, S("name"));
  if (name.ptr) f.download_name = arena_cstr(http_arena(req), name);
  http_reply_file(req, &f);
}

static void stats(http_req *req, void *user) {
  (void)user;
  struct http_stats s;
  http_server_stats(server, &s);
  buf b;
  buf_init(&b, 4096);
  buf_printf(&b,
             "{\"connections_open\":%llu,\"connections_total\":%llu,\"requests_total\":%llu,\"refused_total\":%llu,",
             (unsigned long long)s.connections_open, (unsigned long long)s.connections_total,
             (unsigned long long)s.requests_total, (unsigned long long)s.refused_total);
  buf_printf(&b, "\"body_bytes_held\":%llu,\"spool_bytes_held\":%llu,", (unsigned long long)s.body_bytes_held,
             (unsigned long long)s.spool_bytes_held);
  buf_printf(&b, "\"parse_errors\":%llu,\"websockets_open\":%llu,\"ws_frames_out\":%llu,\"ws_dropped_slow\":%llu}",
             (unsigned long long)s.parse_errors, (unsigned long long)s.websockets_open,
             (unsigned long long)s.ws_frames_out, (unsigned long long)s.ws_dropped_slow);
  http_reply_take(req, 200, S("application/json"), &b);
}

static void engine_stats(http_req *req, void *user) {
  (void)user;
  buf b;
  buf_init(&b, 4096);
  socketio_stats(&b);
  http_reply_take(req, 200, S("application/json"), &b);
}

/* ---- WebSocket ---- */

static void echo_message(ws_conn *c, int opcode, str payload) {
  ws_frame *f = ws_frame_new(opcode, payload);
  ws_send(c, f);
  ws_frame_unref(&f);
}

static const struct ws_config echo_socket = {.message_max_bytes = MESSAGE_MAX,
                                             .queue_max_bytes = (size_t)MESSAGE_MAX * 4,
                                             .ping_every_ms = 25000,
                                             .deflate = true,
                                             .message = echo_message};

static void echo_upgrade(http_req *req, void *user) {
  (void)user;
  http_upgrade(req, &echo_socket, NULL, NULL);
}

/* The sockets of /broadcast on each loop; a message is built once and posted to every loop. */
enum { LOOPS_MAX = 16, MEMBERS_MAX = 20000 };
struct member {
  ws_conn *socket;
  int loop;
  size_t at;
};
static struct room {
  struct member **members;
  size_t count;
} rooms[LOOPS_MAX];

static int loop_index(ws_conn *c) {
  for (int i = 0; i < http_server_loops(server); i++)
    if (http_server_loop(server, i) == ws_loop(c)) return i;
  return 0;
}

static void join_room(ws_conn *c, void *user) {
  (void)user;
  struct room *r = &rooms[loop_index(c)];
  if (!r->members) r->members = mem_alloc_array(MEMBERS_MAX, sizeof *r->members);
  ws_set_user(c, NULL);
  if (r->count == MEMBERS_MAX) {
    ws_close(c, WS_CLOSE_LATER, S("the room is full"));
    return;
  }
  struct member *m = mem_alloc(sizeof *m);
  *m = (struct member){c, loop_index(c), r->count};
  r->members[r->count++] = m;
  ws_set_user(c, m);
}

static void leave_room(ws_conn *c, int code, str reason) {
  (void)code, (void)reason;
  struct member *m = ws_user(c);
  if (!m) return;
  struct room *r = &rooms[m->loop];
  r->members[m->at] = r->members[--r->count];
  r->members[m->at]->at = m->at;
  free(m);
}

static void deliver(struct room *r, ws_frame *f) {
  for (size_t i = 0; i < r->count; i++) ws_send(r->members[i]->socket, f);
  ws_frame_unref(&f);
}

struct delivery {
  int loop;
  ws_frame *frame;
};

static void deliver_posted(void *arg) {
  struct delivery *d = arg;
  deliver(&rooms[d->loop], d->frame);
  free(d);
}

static void broadcast(ws_conn *c, int opcode, str payload) {
  ws_frame *f = ws_frame_new(opcode, payload);
  for (int i = 0; i < http_server_loops(server); i++) {
    if (http_server_loop(server, i) == ws_loop(c)) {
      deliver(&rooms[i], ws_frame_ref(f));
      continue;
    }
    struct delivery *d = mem_alloc(sizeof *d);
    *d = (struct delivery){i, ws_frame_ref(f)};
    net_post(http_server_loop(server, i), deliver_posted, d);
  }
  ws_frame_unref(&f);
}

static const struct ws_config broadcast_socket = {.message_max_bytes = 1 << 20,
                                                  .queue_max_bytes = 4 << 20,
                                                  .ping_every_ms = 25000,
                                                  .open = join_room,
                                                  .message = broadcast,
                                                  .close = leave_room};

/* ---- routes ---- */

static void route(http_req *req, struct http_plan *plan, void *user) {
  (void)user;
  static const struct {
    str path;
    enum http_body body;
    void (*handler)(http_req *req, void *user);
  } rows[] = {
      {STR_INIT("/"), HTTP_BODY_MEMORY, echo},           {STR_INIT("/http-echo"), HTTP_BODY_MEMORY, echo},
      {STR_INIT("/work"), HTTP_BODY_NONE, hello},        {STR_INIT("/slow"), HTTP_BODY_NONE, slow},
      {STR_INIT("/raw"), HTTP_BODY_MEMORY, raw},         {STR_INIT("/upload"), HTTP_BODY_MULTIPART, upload},
      {STR_INIT("/file"), HTTP_BODY_NONE, file},         {STR_INIT("/stats"), HTTP_BODY_NONE, stats},
      {STR_INIT("/echo"), HTTP_BODY_NONE, echo_upgrade}, {STR_INIT("/socketio-stats"), HTTP_BODY_NONE, engine_stats},
  };
  str path = http_path(req);
  http_mark_authenticated(req); /* public suites may be slow */
  if (socketio_route(req, plan)) return;
  if (str_eq(path, S("/hello"))) {
    hello(req, NULL);
    return;
  }
  if (str_eq(path, S("/broadcast"))) {
    http_upgrade(req, &broadcast_socket, NULL, NULL);
    return;
  }
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    if (!str_eq(rows[i].path, path)) continue;
    *plan = (struct http_plan){.body = rows[i].body,
                               .max_body_bytes = BODY_MAX,
                               .memory_bytes = 1 << 20,
                               .max_files = 64,
                               .max_file_bytes = BODY_MAX,
                               .handler = rows[i].handler};
    return;
  }
  http_reply_err(req, err_make(ERR_NOT_FOUND));
}

/* ---- main ---- */

static void make_file(const char *dir) {
  snprintf(file_path, sizeof file_path, "%s/switchboard-conformance-XXXXXX", dir);
  int fd = mkstemp(file_path);
  FILE *f = fd >= 0 ? fdopen(fd, "wb") : NULL;
  if (!f) {
    perror(file_path);
    exit(1);
  }
  for (int i = 0; i < FILE_BYTES; i++) fputc(i % 251, f);
  fclose(f);
}

static const char *option(int argc, char **argv, const char *name, const char *otherwise) {
  for (int i = 1; i + 1 < argc; i++)
    if (strcmp(argv[i], name) == 0) return argv[i + 1];
  return otherwise;
}

static uint64_t number(int argc, char **argv, const char *name, uint64_t otherwise) {
  const char *text = option(argc, argv, name, NULL);
  uint64_t v = otherwise;
  if (text && !str_to_u64(str_c(text), &v)) {
    fprintf(stderr, "%s: not a number: %s\n", name, text);
    exit(2);
  }
  return v;
}

int main(int argc, char **argv) {
  if (argc < 2 || strcmp(argv[1], "--help") == 0) {
    fputs(usage, stdout);
    return argc < 2 ? 2 : 0;
  }
  if (argc == 3 && strcmp(argv[1], "conditions") == 0) return conditions_print(strtoull(argv[2], NULL, 10));
  signal(SIGXFSZ, SIG_IGN); /* at a file size limit the write fails instead */
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ends, NULL);
  const char *dir = option(argc, argv, "--spool", "/tmp");
  make_file(dir);
  struct http_config config = {.host = option(argc, argv, "--host", "127.0.0.1"),
                               .port = (uint16_t)number(argc, argv, "--port", 0),
                               .loops = (int)number(argc, argv, "--loops", 1),
                               .connections_per_address = number(argc, argv, "--per-address", 0),
                               .connections_max = number(argc, argv, "--connections", 0),
                               .body_memory_max = number(argc, argv, "--memory", MEMORY_MAX),
                               .body_memory_per_address = number(argc, argv, "--memory", MEMORY_MAX),
                               .spool_max = number(argc, argv, "--disk", DISK_MAX),
                               .spool_per_address = number(argc, argv, "--disk", DISK_MAX),
                               .trusted_proxies = option(argc, argv, "--trust", NULL),
                               .spool_dir = dir,
                               .clock = &clock_system,
                               .route = route};
  if (config.loops > LOOPS_MAX) config.loops = LOOPS_MAX;
  err e = http_server_new(&config, &server);
  if (!err_is(e)) {
    socketio_new(server, (int)number(argc, argv, "--ping-interval", 300),
                 (int)number(argc, argv, "--ping-timeout", 200));
    e = http_server_start(server);
  }
  if (err_is(e)) {
    fprintf(stderr, "%s\n", err_message(&e));
    unlink(file_path);
    return 1;
  }
  printf("switchboard-conformance listening on http://%s:%u\n", config.host, http_server_port(server));
  fflush(stdout);
  int sig;
  sigwait(&ends, &sig);
  socketio_stop();
  http_server_stop(server, 5000);
  http_server_free(&server);
  socketio_free();
  for (int i = 0; i < LOOPS_MAX; i++) free(rooms[i].members);
  unlink(file_path);
  return 0;
}
