/* The routes of the storage page: what is used and where it lies, the quota and the time for which files are kept. */
#include "desk/audit/audit.h"
#include "desk/file/file.h"
#include "desk/file/file_space.h"
#include "desk/route.h"
#include "desk/setting/setting.h"

#include <stddef.h>
#include <sys/statvfs.h>

enum { QUOTA_MOST_MB = 100000000, KEPT_MOST_DAYS = 36500, COUNT_AGAIN_MS = 10000, COUNT_MOST_FILES = 200000 };

enum store_state { STORE_LOCAL, STORE_OK, STORE_AWAY, STORE_HELD, STORE_READ_ONLY };
static const char *const states[] = {"local", "ok", "away", "held", "read_only"};
static const struct json_enum state_names = {.name = "StoreState", .names = states, .count = JSON_COUNT(states)};

struct storage {
  int64_t files, used_bytes, counted_at, free_bytes;
  struct json_list families;
  struct file_space_settings settings;
  int state;
  str why;
  int64_t local_files, local_bytes, waiting_files, waiting_bytes, moved_files, moved_bytes, addresses;
};

static const struct json_field family_fields[] = {
    {.name = "family",
     .type = JSON_ENUM,
     .offset = offsetof(struct file_space_family, family),
     .names = &file_family_names},
    {.name = "files", .type = JSON_INT, .offset = offsetof(struct file_space_family, files)},
    {.name = "bytes", .type = JSON_INT, .offset = offsetof(struct file_space_family, bytes)},
};
static JSON_SHAPE(family_shape, "StorageFamily", struct file_space_family, family_fields, NULL);

#define AT(member) offsetof(struct storage, member)
#define COUNT(text, member, sentence) \
  { .name = text, .type = JSON_INT, .offset = AT(member), .doc = sentence }
static const struct json_field fields[] = {
    COUNT("files", files, "Files whose bytes are here or in the bucket; equal ones count once."),
    COUNT("used_bytes", used_bytes, NULL),
    {.name = "families", .type = JSON_LIST, .offset = AT(families), .shape = &family_shape},
    {.name = "counted_at",
     .type = JSON_TIME,
     .flags = JSON_NULLABLE,
     .offset = AT(counted_at),
     .doc = "When these figures were counted; null: not yet."},
    COUNT("free_bytes", free_bytes, "Of the disk with the local folder."),
    COUNT("quota_mb", settings.quota_mb, "The most megabytes (1,000,000 bytes) that files may take; 0: no limit."),
    COUNT("kept_days", settings.kept_days, "After so many days a file's bytes are removed; 0: never."),
    {.name = "state",
     .type = JSON_ENUM,
     .offset = AT(state),
     .names = &state_names,
     .doc = "Of the object store. local: there is none. away: it cannot be used now. held: `storage move s3 local` "
            "keeps files here. "
            "read_only: what lies there is read, and new files stay here."},
    {.name = "why", .type = JSON_STRING, .flags = JSON_OPTIONAL, .offset = AT(why), .doc = "Why it is away."},
    COUNT("local_files", local_files, "Contents in the local folder of this node, with an object store."),
    COUNT("local_bytes", local_bytes, NULL),
    COUNT("waiting_files", waiting_files, "Those of them that wait to move to the object store."),
    COUNT("waiting_bytes", waiting_bytes, NULL),
    COUNT("moved_files", moved_files, "Moved since the start."),
    COUNT("moved_bytes", moved_bytes, NULL),
    COUNT("addresses_given", addresses,
          "Addresses for reading a file without a session that were given since the start."),
};
#undef COUNT
#undef AT
static JSON_SHAPE(storage_shape, "Storage", struct storage, fields, "What files take, and where they lie.");

struct change {
  int64_t quota_mb, kept_days;
};
static const struct json_field change_fields[] = {
    {.name = "quota_mb",
     .type = JSON_INT,
     .flags = JSON_OPTIONAL,
     .offset = offsetof(struct change, quota_mb),
     .max = QUOTA_MOST_MB},
    {.name = "kept_days",
     .type = JSON_INT,
     .flags = JSON_OPTIONAL,
     .offset = offsetof(struct change, kept_days),
     .max = KEPT_MOST_DAYS},
};
static JSON_SHAPE(change_shape, "StorageChange", struct change, change_fields, "Changes the given limits.");
enum { QUOTA_GIVEN = 1, KEPT_GIVEN = 2 };

struct storage_ctx {
  struct call *call;
  struct file_space_settings settings;
  bool held;
};

static err read_settings(db_conn *c, void *arg) {
  struct storage_ctx *s = arg;
  str held = STR_NONE;
  err e = file_space_read(c, &s->settings);
  if (!err_is(e)) e = setting_get(c, SETTING_FILES_HELD, db_conn_arena(c), &held);
  s->held = held.ptr != NULL;
  return e;
}

static err set_number(db_conn *c, const char *key, int64_t value, const struct call *call, int64_t now_ms) {
  if (!value) return setting_remove(c, key);
  return setting_set(c, key, arena_printf(db_conn_arena(c), "%lld", (long long)value), call->me.id, now_ms);
}

static err change_settings(db_conn *c, void *arg) {
  struct storage_ctx *s = arg;
  const struct call *call = s->call;
  const struct change *given = call->body;
  int64_t now_ms = desk_now(call->desk);
  err e = read_settings(c, arg);
  struct file_space_settings before = s->settings;
  if (err_is(e)) return e;
  if (call->present & QUOTA_GIVEN) s->settings.quota_mb = given->quota_mb;
  if (call->present & KEPT_GIVEN) s->settings.kept_days = given->kept_days;
  if (s->settings.quota_mb == before.quota_mb && s->settings.kept_days == before.kept_days) return err_ok;
  e = set_number(c, SETTING_FILES_QUOTA, s->settings.quota_mb, call, now_ms);
  if (!err_is(e)) e = set_number(c, SETTING_FILES_KEPT, s->settings.kept_days, call, now_ms);
  str detail = arena_printf(call->arena, "quota_mb=%lld kept_days=%lld", (long long)s->settings.quota_mb,
                            (long long)s->settings.kept_days);
  return err_is(e) ? e
                   : audit_add(c, actor_operator(call->me.id), AUDIT_STORAGE_CHANGED, S("settings"), detail,
                               http_client_address(call->req), now_ms);
}

static void add_store(struct desk *d, bool held, arena *a, struct storage *out) {
  struct file_store_figures f;
  file_store_figures(d, a, &f);
  out->state = !f.has_s3          ? STORE_LOCAL
               : held && f.wanted ? STORE_HELD
               : f.away           ? STORE_AWAY
               : f.wanted         ? STORE_OK
                                  : STORE_READ_ONLY;
  if (!f.has_s3) return;
  bool waits = f.wanted && !held;
  out->why = f.away ? f.why : STR_NONE;
  out->local_files = f.local;
  out->local_bytes = f.local_bytes;
  out->waiting_files = waits ? f.local : 0;
  out->waiting_bytes = waits ? f.local_bytes : 0;
  out->moved_files = f.moved;
  out->moved_bytes = f.moved_bytes;
}

/* A count of many files is left to the job. */
static err count_again(struct desk *d) {
  struct file_space_family families[FILE_FAMILIES];
  int64_t counted_at, files = 0;
  file_space_figures(d, families, &counted_at);
  for (int i = 0; i < FILE_FAMILIES; i++) files += families[i].files;
  bool recent = counted_at && desk_now(d) - counted_at < COUNT_AGAIN_MS;
  return recent || files > COUNT_MOST_FILES ? err_ok : file_space_count(d);
}

static void answer(struct call *c, const struct storage_ctx *s) {
  struct desk *d = c->desk;
  struct file_space_family *families = arena_array(c->arena, struct file_space_family, FILE_FAMILIES);
  struct storage out = {
      .settings = s->settings, .families = {families, FILE_FAMILIES}, .addresses = file_addresses_given()};
  struct statvfs disk;
  file_space_figures(d, families, &out.counted_at);
  for (int i = 0; i < FILE_FAMILIES; i++) {
    out.files += i == FILE_THUMBS ? 0 : families[i].files;
    out.used_bytes += families[i].bytes;
  }
  if (statvfs(d->files_dir, &disk) == 0) out.free_bytes = (int64_t)disk.f_bavail * (int64_t)disk.f_frsize;
  add_store(d, s->held, c->arena, &out);
  call_reply(c, 200, &storage_shape, &out);
}

static void show(struct call *c) {
  struct storage_ctx s = {.call = c};
  err e = count_again(c->desk);
  if (!err_is(e)) e = db_read(c->desk->db, read_settings, &s);
  if (err_is(e))
    call_fail(c, e);
  else
    answer(c, &s);
}

static void update(struct call *c) {
  struct storage_ctx s = {.call = c};
  err e = desk_write(c->desk, change_settings, &s);
  if (err_is(e)) {
    call_fail(c, e);
    return;
  }
  file_space_set(c->desk, &s.settings);
  answer(c, &s);
}

/* clang-format off */
static const struct route routes[] = {
    {HTTP_GET, "/api/storage", GUARD_ROLE, MAY_SETTING_MANAGE, RATE_READ, .out = &storage_shape, .status = 200, .handler = show,
     .doc = "What files take, where they lie, and the limits."},
    {HTTP_PATCH, "/api/storage", GUARD_ROLE, MAY_SETTING_MANAGE, RATE_WRITE, .body = HTTP_BODY_MEMORY, .in = &change_shape,
     .out = &storage_shape, .status = 200, .handler = update, .doc = "Changes the given limits."},
};
/* clang-format on */
ROUTE_TABLE(storage_routes, routes);
