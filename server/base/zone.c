/* See zone.h. The zone files' format is TZif, RFC 9636; only the transitions are used. After the last transition its offset
 * stays in force, which for zones with daylight saving is correct as far as the files go: to 2037 in Debian's. */
#include "base/zone.h"

#include "base/arena.h"
#include "base/clock.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 64 << 10, HEAD_BYTES = 44, MINUTES_MAX = 14 * 60 };

static const char folder[] = "/usr/share/zoneinfo/";

/* +03:00, +3, -0330, with or without UTC or GMT before it. */
static bool fixed_offset(str name, int64_t *offset_s) {
  if (str_starts(name, S("UTC")) || str_starts(name, S("GMT"))) name = str_sub(name, 3, name.len);
  *offset_s = 0;
  if (name.len == 0 || str_eq(name, S("Z"))) return true;
  if (name.ptr[0] != '+' && name.ptr[0] != '-') return false;
  int sign = name.ptr[0] == '-' ? -1 : 1;
  int64_t digits[4], count = 0;
  for (size_t i = 1; i < name.len; i++) {
    char c = name.ptr[i];
    if (c == ':' && count && i + 3 == name.len) continue;
    if (c < '0' || c > '9' || count == 4) return false;
    digits[count++] = c - '0';
  }
  if (count == 0) return false;
  int64_t minutes = count == 1   ? digits[0] * 60
                    : count == 2 ? (digits[0] * 10 + digits[1]) * 60
                    : count == 3 ? digits[0] * 60 + digits[1] * 10 + digits[2]
                                 : (digits[0] * 10 + digits[1]) * 60 + digits[2] * 10 + digits[3];
  *offset_s = sign * minutes * 60;
  return minutes <= MINUTES_MAX;
}

static bool good_name(str name) {
  if (name.len == 0 || name.len > ZONE_NAME_MAX || name.ptr[0] == '/' || str_contains(name, S(".."))) return false;
  for (size_t i = 0; i < name.len; i++) {
    char c = name.ptr[i];
    bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("_-+/", c);
    if (!fine || !c) return false;
  }
  return true;
}

static uint64_t big(const unsigned char *p, int bytes) {
  uint64_t v = 0;
  for (int i = 0; i < bytes; i++) v = v << 8 | p[i];
  return v;
}

struct counts {
  size_t isut, isstd, leap, times, types, chars;
};

static bool read_head(const unsigned char *p, size_t n, struct counts *out) {
  if (n < HEAD_BYTES || memcmp(p, "TZif", 4) != 0) return false;
  size_t v[6];
  for (int i = 0; i < 6; i++) v[i] = (size_t)big(p + 20 + i * 4, 4);
  *out = (struct counts){v[0], v[1], v[2], v[3], v[4], v[5]};
  for (int i = 0; i < 6; i++)
    if (v[i] > FILE_MAX) return false;
  return out->types > 0;
}

static size_t body_bytes(const struct counts *c, size_t time_bytes) {
  return c->times * (time_bytes + 1) + c->types * 6 + c->chars + c->leap * (time_bytes + 4) + c->isstd + c->isut;
}

/* The 64-bit part follows the 32-bit one. */
static bool offset_in(const unsigned char *p, size_t n, int64_t at_s, int64_t *offset_s) {
  struct counts c;
  if (!read_head(p, n, &c) || p[4] < '2') return false;
  size_t skip = HEAD_BYTES + body_bytes(&c, 4);
  if (skip > n || !read_head(p + skip, n - skip, &c) || n - skip - HEAD_BYTES < body_bytes(&c, 8)) return false;
  const unsigned char *times = p + skip + HEAD_BYTES, *kinds = times + c.times * 8, *types = kinds + c.times;
  size_t low = 0, high = c.times; /* the first transition after the moment */
  while (low < high) {
    size_t middle = (low + high) / 2;
    if ((int64_t)big(times + middle * 8, 8) <= at_s)
      low = middle + 1;
    else
      high = middle;
  }
  size_t type = low ? kinds[low - 1] : 0;
  if (type >= c.types) return false;
  *offset_s = (int32_t)big(types + type * 6, 4);
  return true;
}

static bool find_offset(str name, int64_t at_s, int64_t *offset_s) {
  if (fixed_offset(name, offset_s)) return true;
  if (!good_name(name)) return false;
  char path[sizeof folder + ZONE_NAME_MAX];
  snprintf(path, sizeof path, "%s%.*s", folder, STR_ARG(name));
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  struct stat s;
  if (fd < 0) return false;
  bool found = false;
  if (fstat(fd, &s) == 0 && S_ISREG(s.st_mode) && s.st_size <= FILE_MAX) {
    unsigned char *bytes = mem_alloc(FILE_MAX);
    ssize_t n = read(fd, bytes, FILE_MAX);
    found = n > 0 && offset_in(bytes, (size_t)n, at_s, offset_s);
    mem_free(&bytes);
  }
  close(fd);
  return found;
}

bool zone_known(str name) {
  int64_t offset_s;
  return find_offset(name, 0, &offset_s);
}

int64_t zone_offset_s(str name, int64_t ms) {
  int64_t offset_s;
  return find_offset(name, ms / 1000, &offset_s) ? offset_s : 0;
}

void zone_day(str name, int64_t ms, char out[ZONE_DAY_SIZE]) {
  char iso[CLOCK_ISO_SIZE];
  str text = clock_format_iso(ms + zone_offset_s(name, ms) * 1000, iso);
  memcpy(out, text.ptr, ZONE_DAY_SIZE - 1);
  out[ZONE_DAY_SIZE - 1] = 0;
}
