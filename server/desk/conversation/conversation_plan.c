/* See conversation_plan_internal.h. */
#include "desk/conversation/conversation_plan_internal.h"

#include "base/limits.h"
#include "desk/names.h"

/* ---- kinds of files ---- */

#define IS_ONE_OF(value, ...) is_one_of(value, (const char *const[]){__VA_ARGS__, NULL})
static bool is_one_of(str value, const char *const *list) {
  for (; *list; list++)
    if (str_eq(value, str_c(*list))) return true;
  return false;
}

static bool fits_photo(const struct file_row *f) { return file_is_photo(f); }
static bool fits_video(const struct file_row *f) { return IS_ONE_OF(f->mime, "video/mp4", "video/quicktime"); }
static bool fits_animation(const struct file_row *f) { return IS_ONE_OF(f->mime, "video/mp4", "image/gif"); }
static bool fits_audio(const struct file_row *f) {
  return IS_ONE_OF(f->mime, "audio/mpeg", "audio/mp4", "audio/x-m4a", "video/mp4");
}
static bool fits_voice(const struct file_row *f) {
  return IS_ONE_OF(f->mime, "audio/ogg", "application/ogg", "video/ogg", "audio/mpeg", "audio/mp4", "audio/x-m4a");
}
static bool fits_video_note(const struct file_row *f) {
  return str_eq(f->mime, S("video/mp4")) && f->width == f->height; /* both 0: unknown */
}
static bool fits_sticker(const struct file_row *f) {
  return IS_ONE_OF(f->mime, "image/webp", "video/webm", "application/gzip", "application/x-gzip",
                   "application/x-tgsticker");
}
static bool fits_document(const struct file_row *f) {
  (void)f;
  return true;
}

static const struct file_kind {
  int kind;
  bool (*fits)(const struct file_row *f);
  const char *needs;
} file_kinds[] = {
    {MESSAGE_PHOTO, fits_photo, "A photo is a JPEG, PNG or WebP picture of at most 10 MB that is not too long."},
    {MESSAGE_VIDEO, fits_video, "A video is an MP4 file."},
    {MESSAGE_ANIMATION, fits_animation, "An animation is a GIF, or an MP4 file without sound."},
    {MESSAGE_AUDIO, fits_audio, "A piece of music is an MP3 or M4A file."},
    {MESSAGE_VOICE, fits_voice, "A voice message is an Ogg, MP3 or M4A file."},
    {MESSAGE_VIDEO_NOTE, fits_video_note, "A round video message is a square MP4 file."},
    {MESSAGE_STICKER, fits_sticker, "A sticker is a WebP, TGS or WebM file."},
    {MESSAGE_DOCUMENT, fits_document, ""},
};

static const struct file_kind *file_kind_of(int kind) {
  for (size_t i = 0; i < JSON_COUNT(file_kinds); i++)
    if (file_kinds[i].kind == kind) return &file_kinds[i];
  return NULL;
}

int reply_kind_of_file(const struct file_row *f, const struct channel_facts *channel) {
  int kind = MESSAGE_DOCUMENT;
  if (str_eq(f->mime, S("image/gif")))
    kind = MESSAGE_ANIMATION;
  else if (file_is_photo(f))
    kind = MESSAGE_PHOTO;
  else if (str_eq(f->mime, S("video/mp4")))
    kind = MESSAGE_VIDEO;
  else if (IS_ONE_OF(f->mime, "audio/mpeg", "audio/mp4", "audio/x-m4a"))
    kind = MESSAGE_AUDIO;
  bool still = kind == MESSAGE_ANIMATION && !channel_carries(channel, kind) && file_is_photo(f);
  return still ? MESSAGE_PHOTO : kind;
}

/* ---- what the channel carries ---- */

static err cannot(const char *field, const struct channel_facts *channel, const char *what) {
  const char *title = *channel->title ? channel->title : "This channel";
  return err_detail(ERR_UNSUPPORTED_BY_CHANNEL, field, "%s cannot carry %s.", title, what);
}

static err check_kind(int kind, const struct channel_facts *channel) {
  if (channel_carries(channel, kind)) return err_ok;
  return cannot("kind", channel, message_kind_names.names[kind]);
}

static bool any_covered(const struct reply *r) {
  for (int i = 0; r->covered && i < LIMIT_FILES_MAX; i++)
    if (r->covered[i]) return true;
  return false;
}

static err check_options(const struct reply *r, const struct channel_facts *channel) {
  const struct {
    bool wanted;
    unsigned ability;
    const char *field, *words;
  } options[] = {
      {r->buttons_json.ptr, CHANNEL_CAN_BUTTONS, "buttons", "buttons"},
      {r->silent, CHANNEL_CAN_SILENT, "silent", "silent messages"},
      {r->protected, CHANNEL_CAN_PROTECTED, "protected", "protected messages"},
      {r->link_preview > LINK_PREVIEW_AUTO, CHANNEL_CAN_LINK_PREVIEW, "link_preview", "a choice of link previews"},
      {r->spoiler || any_covered(r), CHANNEL_CAN_DISPLAY, "spoiler", "spoilers over files"},
      {r->caption_above, CHANNEL_CAN_DISPLAY, "caption_above", "captions above files"},
      {r->quote.ptr, CHANNEL_CAN_QUOTE, "quote", "a quoted piece"},
  };
  for (size_t i = 0; i < JSON_COUNT(options); i++)
    if (options[i].wanted && !(channel->can & options[i].ability))
      return cannot(options[i].field, channel, options[i].words);
  return err_ok;
}

/* ---- the parts ---- */

static err add_files(const struct reply *r, struct file_row *files, size_t count, const struct channel_facts *channel,
                     struct reply_plan *plan) {
  int album = 0;
  for (size_t i = 0; i < count; i++) {
    int kind = r->kind != MESSAGE_TEXT ? r->kind : reply_kind_of_file(&files[i], channel);
    const struct file_kind *facts = file_kind_of(kind);
    if (!facts) return err_detail(ERR_INVALID_FIELD, "kind", "This kind of message has no file.");
    bool known = files[i].state == FILE_READY; /* else the channel said what it is, and its bytes are on their way */
    if (known && !facts->fits(&files[i])) return err_detail(ERR_INVALID_FIELD, "files", "%s", facts->needs);
    err e = check_kind(kind, channel);
    if (err_is(e)) return e;
    if (!i || !message_kinds_join(plan->parts[i - 1].kind, kind)) album++;
    plan->parts[plan->count++] = (struct reply_part){.kind = kind, .file = &files[i], .album = album};
  }
  return err_ok;
}

/* An album of one is a message by itself. */
static void drop_single_albums(struct reply_plan *plan) {
  for (size_t i = 0; i < plan->count; i++) {
    int before = i ? plan->parts[i - 1].album : 0, after = i + 1 < plan->count ? plan->parts[i + 1].album : 0;
    int *own = &plan->parts[i].album;
    if (*own != before && *own != after) *own = 0;
  }
}

static void add_words(const struct reply *r, arena *a, struct reply_plan *plan) {
  bool caption = plan->count && message_kind_facts(plan->parts[0].kind)->carries & CARRIES_WORDS;
  struct text_piece *pieces = NULL;
  size_t count = 0, at = 0;
  if (r->text.len)
    text_split(r->text, r->entities, r->entity_count, caption ? LIMIT_CAPTION_MAX : LIMIT_TEXT_MAX, LIMIT_TEXT_MAX, a,
               &pieces, &count);
  struct reply_part *parts = arena_array(a, struct reply_part, plan->count + count);
  if (plan->count) memcpy(parts, plan->parts, plan->count * sizeof *parts);
  if (caption && count) parts[0].words = pieces[at++];
  for (; at < count; at++) parts[plan->count++] = (struct reply_part){.kind = MESSAGE_TEXT, .words = pieces[at]};
  plan->parts = parts;
}

err reply_plan_make(const struct reply *r, struct file_row *files, size_t file_count,
                    const struct channel_facts *channel, arena *a, struct reply_plan *out) {
  *out = (struct reply_plan){.parts = arena_array(a, struct reply_part, file_count + 1)};
  bool bare = r->kind != MESSAGE_TEXT && !file_count; /* a location, a poll */
  err e = check_options(r, channel);
  if (!err_is(e) && bare) e = check_kind(r->kind, channel);
  if (err_is(e)) return e;
  if (bare) out->parts[out->count++] = (struct reply_part){.kind = r->kind};
  e = add_files(r, files, file_count, channel, out);
  if (err_is(e)) return e;
  drop_single_albums(out);
  add_words(r, a, out);
  bool in_album = out->count && out->parts[out->count - 1].album;
  if (r->buttons_json.ptr && in_album)
    return err_detail(ERR_INVALID_FIELD, "buttons",
                      "Several files together carry no buttons. Send them with a text after them.");
  return err_ok;
}
