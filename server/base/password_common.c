/* See password_common.h. */
#include "base/password_common.h"

#include <string.h>

extern const char common_passwords[];
extern const uint64_t common_passwords_bytes;

enum {
  FORM_MAX = 256,
  CORE_MIN = 3,       /* a shorter core does not make the password common */
  DECORATION_MAX = 6, /* of digits and signs, or the length of the core */
  RUN_LENGTH = 4,     /* runs that are this long on average make a pattern */
  PERIOD_MAX = 4,
  DISTINCT_MIN = 4,
};

struct form {
  char text[FORM_MAX];
  size_t len;
};

str password_common_table(void) { return str_n(common_passwords, (size_t)common_passwords_bytes); }

/* ---- the table ---- */

static int compare(str a, str b) {
  int c = memcmp(a.ptr, b.ptr, a.len < b.len ? a.len : b.len);
  return c ? c : (a.len > b.len) - (a.len < b.len);
}

/* Binary search in the text, by line. */
static bool in_table(str word) {
  str table = password_common_table();
  size_t low = 0, high = table.len;
  while (low < high) {
    size_t at = low + (high - low) / 2;
    while (at > low && table.ptr[at - 1] != '\n') at--;
    str line = str_sub(table, at, str_index(table, '\n', at));
    int c = compare(word, line);
    if (c == 0) return true;
    if (c < 0)
      high = at;
    else
      low = at + line.len + 1;
  }
  return false;
}

/* ---- forms ---- */

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c; }
static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (unsigned char)c >= 0x80; }
static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* The key of the Russian layout's letter at text[i], in UTF-8; 0: none. */
static char key_of_cyrillic(str s, size_t i) {
  static const char keys[] = "f,dult;pbqrkvyjghcnea[wxio]sm'.z"; /* а to я */
  if (i + 1 >= s.len) return 0;
  unsigned char a = (unsigned char)s.ptr[i], b = (unsigned char)s.ptr[i + 1];
  if (a == 0xD0 && b == 0x81) return '`';                         /* Ё */
  if (a == 0xD1 && b == 0x91) return '`';                         /* ё */
  if (a == 0xD0 && b >= 0x90 && b <= 0xAF) return keys[b - 0x90]; /* А to Я */
  if (a == 0xD0 && b >= 0xB0 && b <= 0xBF) return keys[b - 0xB0]; /* а to п */
  if (a == 0xD1 && b >= 0x80 && b <= 0x8F) return keys[b - 0x80 + 16];
  return 0;
}

static struct form typed(str password) {
  struct form f = {.len = 0};
  for (size_t i = 0; i < password.len; i++) {
    char key = key_of_cyrillic(password, i);
    f.text[f.len++] = key ? key : lower(password.ptr[i]);
    i += key != 0;
  }
  return f;
}

/* Replaces digits and signs by similar letters; a 1 may be an i or an l. */
static struct form unmask(str s, char one) {
  static const char masks[] = "@a4a8b3e6g0o$s5s7t+t!i|l2z9g";
  struct form f = {.len = s.len};
  for (size_t i = 0; i < s.len; i++) {
    f.text[i] = s.ptr[i] == '1' ? one : s.ptr[i];
    for (const char *m = masks; *m; m += 2)
      if (*m == s.ptr[i]) f.text[i] = m[1];
  }
  return f;
}

static str form_str(const struct form *f) { return str_n(f->text, f->len); }

/* Strips signs, or signs and digits, from both ends. */
static str core_of(str s, bool digits_too) {
  size_t from = 0, to = s.len;
  while (from < to && !is_letter(s.ptr[from]) && (digits_too || !is_digit(s.ptr[from]))) from++;
  while (to > from && !is_letter(s.ptr[to - 1]) && (digits_too || !is_digit(s.ptr[to - 1]))) to--;
  str core = str_sub(s, from, to);
  size_t around = s.len - core.len, most = core.len > DECORATION_MAX ? core.len : DECORATION_MAX;
  return core.len >= CORE_MIN && around <= most ? core : s;
}

/* The shortest piece whose repetition gives s; s itself if there is none. The last repetition may be cut off. */
static str piece_of(str s) {
  for (size_t n = 1; n <= s.len / 2; n++)
    if (memcmp(s.ptr, s.ptr + n, s.len - n) == 0) return str_sub(s, 0, n);
  return s;
}

/* ---- the three kinds ---- */

struct own_words {
  const str *words;
  size_t count;
};

static bool is_own(str s, const struct own_words *own) {
  for (size_t i = 0; i < own->count; i++)
    if (own->words[i].len >= CORE_MIN && str_eq_ignore_case(s, own->words[i])) return true;
  return false;
}

static enum password_guess judge_word(str s, const struct own_words *own) {
  str piece = piece_of(s);
  if (is_own(s, own) || is_own(piece, own)) return PASSWORD_OWN_WORD;
  return in_table(s) || in_table(piece) ? PASSWORD_KNOWN : PASSWORD_NOT_GUESSED;
}

static enum password_guess judge_core(str core, const struct own_words *own) {
  enum password_guess g = judge_word(core, own);
  for (int i = 0; i < 2 && !g; i++) {
    struct form unmasked = unmask(core, i ? 'l' : 'i');
    g = judge_word(form_str(&unmasked), own);
  }
  return g;
}

static bool are_neighbours(char a, char b) {
  static const char *const rows[] = {"`1234567890-=", "qwertyuiop[]", "asdfghjkl;'", "zxcvbnm,./"};
  if (a == b) return true;
  bool same_kind = (is_digit(a) && is_digit(b)) || (a >= 'a' && a <= 'z' && b >= 'a' && b <= 'z');
  if (same_kind && (a - b == 1 || b - a == 1)) return true;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    const char *x = strchr(rows[i], a), *y = strchr(rows[i], b);
    if (x && y && (x - y == 1 || y - x == 1)) return true;
  }
  return false;
}

static bool is_pattern(str s) {
  bool seen[256] = {false};
  size_t runs = 1, distinct = 0;
  for (size_t i = 0; i < s.len; i++) {
    distinct += !seen[(unsigned char)s.ptr[i]];
    seen[(unsigned char)s.ptr[i]] = true;
    runs += i && !are_neighbours(s.ptr[i - 1], s.ptr[i]);
  }
  size_t period = piece_of(s).len;
  return distinct < DISTINCT_MIN || (period < s.len && period <= PERIOD_MAX) || runs * RUN_LENGTH <= s.len;
}

enum password_guess password_guess_of(str password, const str *words, size_t words_count) {
  if (!password.len || password.len > FORM_MAX || str_has_nul(password)) return PASSWORD_NOT_GUESSED;
  struct own_words own = {words, words_count};
  struct form form = typed(password);
  str s = form_str(&form);
  enum password_guess g = is_own(password, &own) ? PASSWORD_OWN_WORD : judge_core(s, &own);
  if (!g) g = judge_core(core_of(s, false), &own);
  if (!g) g = judge_core(core_of(s, true), &own);
  return !g && is_pattern(s) ? PASSWORD_PATTERN : g;
}
