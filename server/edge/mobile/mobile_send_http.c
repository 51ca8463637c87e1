/* POST /send_message: a message of an app's user, as JSON or as a form with photos. All photos are checked before the
 * first is stored, so a message is stored whole or not at all; each becomes a message of one album, the text goes with the
 * first. A repeated client_id stores nothing and gets the first response. */
#include "edge/mobile/mobile_internal.h"

#include "base/str_bidi.h"

struct send_body {
  str user_id, message, user_name, photo_url, client_id, language, user_hash;
};
#define TEXT(member, flags, max, sentence) \
  { #member, JSON_STRING, flags, offsetof(struct send_body, member), 0, max, NULL, NULL, sentence }
#define MAYBE (JSON_OPTIONAL | JSON_NULLABLE)
static const struct json_field body_fields[] = {
    MOBILE_USER_FIELD(struct send_body, user_id, "The app's own id of its user; an integer is accepted too."),
    {"message", JSON_STRING, JSON_REQUIRED, offsetof(struct send_body, message), 0, LIMIT_TEXT_MAX, NULL, NULL,
     "May be empty if there is a photo.", NULL, "Not blank, unless there is a photo."},
    TEXT(user_name, MAYBE, 0, NULL),
    {"photo_url", JSON_STRING, MAYBE, offsetof(struct send_body, photo_url), 0, 1024, NULL, NULL,
     "A stored photo of this user: the photo_url of a response. Any other URL becomes a line of "
     "the text.",
     NULL, "A file of this user."},
    TEXT(client_id, MAYBE | JSON_NAME, LIMIT_CLIENT_ID_MAX,
         "The app's own id of this message, so that a request can be repeated safely."),
    TEXT(language, MAYBE, 64, "en, ru-RU; else the first of Accept-Language."),
    TEXT(user_hash, MAYBE, 128, "Instead of the header X-User-Hash."),
};
static JSON_SHAPE(body_shape, "AppMessageNew", struct send_body, body_fields,
                  "As multipart/form-data: the same fields, and any number of `photo` parts.");

struct sent {
  bool success;
  int64_t message_id, photo_count;
  str photo_url;
  struct json_list photo_urls;
};
#define AT(member) offsetof(struct sent, member)
static const struct json_field sent_fields[] = {
    {"success", JSON_BOOL, 0, AT(success), 0, 0, NULL, NULL, NULL},
    {"message_id", JSON_ID, 0, AT(message_id), 0, 0, NULL, NULL, NULL},
    {"photo_url", JSON_STRING, JSON_NULLABLE, AT(photo_url), 0, 0, NULL, NULL, "The first photo's URL."},
    {"photo_count", JSON_INT, 0, AT(photo_count), 0, 0, NULL, NULL, NULL},
    {"photo_urls", JSON_STRINGS, 0, AT(photo_urls), 0, 0, NULL, NULL, NULL},
};
#undef AT
static JSON_SHAPE(sent_shape, "AppMessageSent", struct sent, sent_fields, NULL);

struct sending_ctx {
  struct call *call;
  struct send_body body;
  bool message_given;
  struct http_part *parts[LIMIT_PHOTOS_MAX]; /* of photos */
  struct file_row *files;
  size_t file_count, kept; /* kept: files whose bytes were stored, to be released */
  str album;
  int64_t photo_url_id; /* of a file stored before; 0: none */
  int64_t first_id;
};

/* ---- reading the request ---- */

static bool is_photo_part(str name) {
  static const char *const names[] = {"photo", "photo[]", "photos", "photos[]", "file", "files"};
  for (size_t i = 0; i < JSON_COUNT(names); i++)
    if (str_eq(name, str_c(names[i]))) return true;
  return false;
}

static err take_field(struct sending_ctx *s, const struct http_part *part) {
  for (size_t i = 0; i < JSON_COUNT(body_fields); i++) {
    const struct json_field *f = &body_fields[i];
    if (!str_eq(part->name, str_c(f->name))) continue;
    bool unread = (f->flags & JSON_NAME) && str_contains(part->value, S("\uFFFD"));
    if (unread || !str_utf8_valid(part->value) || str_has_nul(part->value))
      return err_field(ERR_INVALID_FIELD, f->name);
    if (f->max && str_utf8_count(part->value) > (size_t)f->max)
      return err_detail(ERR_INVALID_FIELD, f->name, "%s is longer than %d characters.", f->name, (int)f->max);
    *(str *)(void *)((char *)&s->body + f->offset) = part->value;
    if (f->offset == offsetof(struct send_body, message)) s->message_given = true;
  }
  return err_ok;
}

static err take_photo(struct sending_ctx *s, struct http_part *part) {
  if (part->size_bytes == 0 && part->filename.len == 0) return err_ok; /* a form without a chosen file */
  if (!is_photo_part(part->name)) return err_detail(ERR_INVALID_FIELD, "photo", "Send files in the part \"photo\".");
  if (s->file_count == LIMIT_PHOTOS_MAX)
    return err_detail(ERR_INVALID_FIELD, "photo", "A message may have at most %d photos.", LIMIT_PHOTOS_MAX);
  if (part->size_bytes > LIMIT_PHOTO_MAX_BYTES)
    return err_detail(ERR_TOO_LARGE, "photo", "A photo may have at most %d MB.", LIMIT_PHOTO_MAX_BYTES >> 20);
  s->parts[s->file_count++] = part;
  return err_ok;
}

static err take_parts(struct sending_ctx *s) {
  err e = err_ok;
  for (size_t i = 0; i < http_part_count(s->call->req) && !err_is(e); i++) {
    struct http_part *part = http_part_at(s->call->req, i);
    e = part->path ? take_photo(s, part) : take_field(s, part);
  }
  return e;
}

static err check(struct sending_ctx *s) {
  struct send_body *b = &s->body;
  bool photos = s->file_count || b->photo_url.len;
  if (b->user_id.len == 0) return err_detail(ERR_MISSING_FIELD, "user_id", "user_id is required");
  if (!s->message_given || (!photos && !str_trim(b->message).len))
    return err_detail(ERR_MISSING_FIELD, "message", "message is required");
  if (str_is_visible(b->message)) return err_ok;
  if (!photos) return err_field(ERR_NOTHING_VISIBLE, "message");
  b->message = S("");
  return err_ok;
}

/* ---- photos ---- */

/* Converts the desk's file errors: the app calls files photos, and a wrong type is a bad request for it. */
static err as_photo(err e) {
  if (!err_is(e) || !e.field) return e;
  if (e.code == ERR_UNSUPPORTED_TYPE)
    return err_detail(ERR_INVALID_FIELD, "photo", "Only PNG, JPEG, GIF and WebP photos can be sent.");
  e.field = "photo";
  return e;
}

static err keep_photos(struct sending_ctx *s) {
  struct call *c = s->call;
  err e = err_ok;
  for (size_t i = 0; i < s->file_count && !err_is(e); i++) e = file_check_picture(s->parts[i]->path, c->arena);
  s->files = arena_array(c->arena, struct file_row, LIMIT_PHOTOS_MAX);
  for (size_t i = 0; i < s->file_count && !err_is(e); i++) {
    struct http_part *part = s->parts[i];
    const char *path = file_spool_path(c->desk, c->arena);
    bool moved = !err_is(http_part_take(part, path)); /* the server's spool may be on another file system */
    str name = part->filename.len && str_utf8_valid(part->filename) ? part->filename : S("photo");
    e = file_accept_picture(c->desk, moved ? path : part->path, name, c->arena, &s->files[i]);
    if (!err_is(e)) file_describe(c->desk, c->arena, &s->files[s->kept++]);
  }
  return as_photo(e);
}

/* Releases files without a row: the message was already stored, or something failed. */
static void release_photos(struct sending_ctx *s) {
  for (size_t i = 0; i < s->kept; i++) file_release(s->call->desk, &s->files[i], 1, s->files[i].id != 0);
  s->kept = 0;
}

static err not_theirs(void) {
  return err_detail(ERR_INVALID_FIELD, "photo_url", "photo_url is not a file of this user.");
}

/* In the transaction that stores the message: outside it the file could be removed in between. */
static err share_known_photo(db_conn *c, struct sending_ctx *s) {
  struct customer_row owner;
  arena *a = s->call->arena;
  if (!s->photo_url_id) return err_ok;
  err e = conversation_customer_of_file(c, s->photo_url_id, a, &owner);
  bool theirs = !err_is(e) && str_eq(owner.channel, MOBILE_CHANNEL) && str_eq(owner.account, MOBILE_ACCOUNT) &&
                str_eq(owner.external_id, s->body.user_id);
  if (theirs) e = file_share(c, s->photo_url_id, a, &s->files[0]);
  return e.code == ERR_NOT_FOUND || (!err_is(e) && !theirs) ? not_theirs() : e;
}

static bool is_web_address(str url) {
  for (size_t i = 0; i < url.len; i++)
    if ((unsigned char)url.ptr[i] <= ' ' || url.ptr[i] == 0x7f) return false;
  return str_starts(url, S("https://")) || str_starts(url, S("http://"));
}

/* For an app that stores its photos elsewhere: adds the URL to the text for operators; nothing is fetched. */
static err name_photo_in_text(struct sending_ctx *s) {
  str text = str_trim(s->body.message), url = s->body.photo_url;
  s->body.message = text.len ? arena_printf(s->call->arena, "%.*s\n%.*s", STR_ARG(text), STR_ARG(url)) : url;
  if (str_utf8_count(s->body.message) <= LIMIT_TEXT_MAX) return err_ok;
  return err_detail(ERR_INVALID_FIELD, "message", "message and photo_url are longer than %d characters together.",
                    LIMIT_TEXT_MAX);
}

/* The URL of a stored file is valid only for the file's owner. */
static err take_known_photo(struct sending_ctx *s) {
  if (!s->body.photo_url.len || s->file_count) return err_ok;
  bool ours = mobile_file_named(s->call->desk->secret_key, s->body.photo_url, &s->photo_url_id);
  if (!ours) return is_web_address(s->body.photo_url) ? name_photo_in_text(s) : not_theirs();
  s->file_count = 1;
  return err_ok;
}

/* ---- storing ---- */

/* Without a name the known one stays; an unknown user is shown by id. */
static err name_of(db_conn *c, const struct sending_ctx *s, str *name) {
  struct customer_row known;
  *name = str_tidy_name(db_conn_arena(c), s->body.user_name, LIMIT_NAME_MAX);
  if (name->ptr) return err_ok;
  err e = customer_find(c, MOBILE_CHANNEL, MOBILE_ACCOUNT, s->body.user_id, db_conn_arena(c), &known);
  *name = err_is(e) ? s->body.user_id : known.name;
  return e.code == ERR_NOT_FOUND ? err_ok : e;
}

static str external_id_of(const struct sending_ctx *s, size_t i, arena *a) {
  if (!s->body.client_id.len) return STR_NONE;
  return arena_printf(a, "app:%.*s/%zu", STR_ARG(s->body.client_id), i);
}

static err count_sent(db_conn *c, const struct sending_ctx *s) {
  int64_t bytes = 0;
  for (size_t i = 0; i < s->kept; i++)
    if (s->files[i].id) bytes += s->files[i].size_bytes; /* the others were stored before */
  return mobile_count_sent(s->call, c, s->body.user_id, bytes, (int64_t)s->body.message.len);
}

static err store(db_conn *c, void *arg) {
  struct sending_ctx *s = arg;
  struct call *call = s->call;
  arena *a = db_conn_arena(c);
  size_t count = s->file_count ? s->file_count : 1;
  str name;
  err e = share_known_photo(c, s);
  if (!err_is(e)) e = name_of(c, s, &name);
  for (size_t i = 0; i < count && !err_is(e); i++) {
    struct file_row *file = s->file_count ? &s->files[i] : NULL;
    struct inbound_message m = {
        .from = {.channel = MOBILE_CHANNEL,
                 .account = MOBILE_ACCOUNT,
                 .external_id = s->body.user_id,
                 .name = name,
                 .language = mobile_language(call, s->body.language)},
        .external_id = external_id_of(s, i, a),
        .kind = file ? MESSAGE_PHOTO : MESSAGE_TEXT,
        .text = i ? S("") : s->body.message,
        .album = count > 1 ? s->album : STR_NONE,
        .files = file,
        .file_count = file ? 1 : 0,
    };
    int64_t id = 0;
    e = conversation_receive(call->desk, c, &m, &id);
    if (i == 0) s->first_id = id;
  }
  return err_is(e) ? e : count_sent(c, s);
}

/* The response to a repeated message lists the photos stored the first time. */
static err read_first(db_conn *c, void *arg) {
  struct sending_ctx *s = arg;
  struct message_row m;
  err e = message_get(c, s->first_id, s->call->arena, &m);
  if (!err_is(e) && m.files.count) s->files[0] = *(const struct file_row *)m.files.items;
  return e;
}

static err store_all(struct sending_ctx *s) {
  struct call *c = s->call;
  if (s->file_count > 1) {
    enum { ALBUM_ID_SIZE = 20 };
    char *id = arena_alloc(c->arena, ALBUM_ID_SIZE + 1);
    s->album = rand_token(c->desk->rand, id, ALBUM_ID_SIZE);
  }
  err e = desk_write(c->desk, store, s);
  for (size_t i = 0; i < s->kept && err_is(e); i++) s->files[i].id = 0; /* set by a run that was rolled back */
  release_photos(s);
  if (!err_is(e) && s->file_count && !s->files[0].id) e = db_read(c->desk->db, read_first, s);
  return e;
}

/* ---- the route ---- */

static void reply(struct sending_ctx *s) {
  struct call *c = s->call;
  str *urls = arena_array(c->arena, str, LIMIT_PHOTOS_MAX);
  size_t n = 0;
  for (size_t i = 0; i < s->file_count; i++)
    if (s->files[i].id) urls[n++] = mobile_file_url(c->desk->secret_key, &s->files[i], c->arena);
  struct sent out = {.success = true,
                     .message_id = s->first_id,
                     .photo_url = n ? urls[0] : STR_NONE,
                     .photo_count = (int64_t)s->file_count,
                     .photo_urls = {urls, n}};
  call_reply(c, 200, &sent_shape, &out);
}

/* On a database thread: the commit is shared with other requests, and no worker waits for it. */
static void stored(err e, void *arg) {
  struct sending_ctx *s = arg;
  if (err_is(e))
    call_fail(s->call, e);
  else
    reply(s);
}

static void send(struct call *c) {
  struct sending_ctx *s = arena_new_of(c->arena, struct sending_ctx);
  s->call = c;
  s->message_given = c->body != NULL;
  if (c->body) s->body = *(const struct send_body *)c->body;
  err e = http_is_multipart(c->req) ? take_parts(s) : err_ok;
  if (!err_is(e)) e = check(s);
  if (!err_is(e)) e = mobile_admit(c, s->body.user_id, s->body.user_hash, RATE_APP_SEND);
  if (!err_is(e)) e = keep_photos(s);
  if (!err_is(e)) e = take_known_photo(s);
  if (!err_is(e) && s->file_count == 0) {
    e = desk_write_async(c->desk, store, s, stored);
    if (!err_is(e)) return;
  } else if (!err_is(e)) {
    e = store_all(s);
  }
  release_photos(s);
  if (err_is(e))
    call_fail(c, e);
  else
    reply(s);
}

enum { FORM_MAX_BYTES = LIMIT_PHOTOS_MAX * LIMIT_PHOTO_MAX_BYTES + LIMIT_JSON_BODY_MAX };

static const struct route routes[] = {
    {HTTP_POST, "/send_message", GUARD_CHANNEL, 0, RATE_APP, .plain_errors = true, .at_head = mobile_at_head,
     .body = HTTP_BODY_MULTIPART, .body_max_bytes = FORM_MAX_BYTES, .in = &body_shape, .out = &sent_shape,
     .status = 200, .handler = send,
     .fails = MOBILE_FAILS | FAILS(NOTHING_VISIBLE) | FAILS(QUOTA_EXCEEDED) | FAILS(STORE_FULL),
     .doc = "Stores a message of an app's user, with photos if sent as a form; it is durable when this returns."},
};
ROUTE_TABLE(mobile_send_routes, routes);
