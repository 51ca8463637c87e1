/* See tg_job.h: Telegram's ids of a job's files. An id is known from a file that came from this bot (its `source`), or from an
 * earlier upload by this bot (file_remote), which goes first: it was made when the other one did not serve. */
#include "edge/telegram/out/tg_job.h"

#include "base/json_scan.h"
#include "edge/telegram/out/tg_request.h"

enum { UPLOAD_WAIT_MS = 200, UPLOAD_BYTES_PER_MS = 8192 };

static const struct file_row *file_of(const struct tg_job *job, size_t i) {
  const struct file_row *f = job->messages[i].files.items;
  return job->messages[i].files.count && tg_request_field(job->messages[i].kind) ? f : NULL;
}

/* Only documents and music are shown with the name of their file. */
static struct file_remote remote_of(const struct tg_job *job, size_t i, const struct file_row *f) {
  int kind = job->messages[i].kind;
  bool named = kind == MESSAGE_DOCUMENT || kind == MESSAGE_AUDIO;
  return (struct file_remote){.key = f->storage_key,
                              .channel = TG_CHANNEL,
                              .account = str_c(job->session->account),
                              .kind = str_c(message_kind_names.names[kind]),
                              .name = named ? str_or_empty(f->name) : S("")};
}

err tg_job_find_files(db_conn *c, struct tg_job *job) {
  bool deletes = job->changed.ptr && job->change == CHANGE_DELETE,
       sends = !job->topic.call && !job->copy_message.ptr && !deletes;
  for (size_t i = 0; i < job->count && sends; i++) {
    const struct file_row *f = file_of(job, i);
    if (!f) continue;
    struct file_remote remote = remote_of(job, i, f);
    if (f->storage_key.ptr && !job->upload) {
      err e = file_remote_find(c, &remote, job->arena, &job->file_ids[i]);
      if (err_is(e)) return e;
    }
    if (!job->file_ids[i].ptr && !job->upload) job->file_ids[i] = tg_plain_text(f->source, "file_id");
    if (!job->file_ids[i].ptr && f->storage_key.ptr)
      job->uploads[i] =
          arena_printf(job->arena, "%.*s %.*s %.*s", STR_ARG(remote.key), STR_ARG(remote.kind), STR_ARG(remote.name));
  }
  return err_ok;
}

int64_t tg_job_upload_wait_ms(const struct tg_job *job, const str *uploads, size_t count) {
  for (size_t i = 0; i < job->count; i++)
    for (size_t k = 0; k < count && job->uploads[i].ptr; k++)
      if (uploads[k].ptr && str_eq(uploads[k], job->uploads[i]))
        return UPLOAD_WAIT_MS + file_of(job, i)->size_bytes / UPLOAD_BYTES_PER_MS;
  return 0;
}

/* The largest size of a photo is the last one. Absent if Telegram made another kind of message of it. */
static str sent_id(str message, int kind) {
  str file = STR_NONE, size;
  size_t at = 0;
  if (!json_scan_member(message, str_c(tg_request_field(kind)), &file)) return STR_NONE;
  if (!str_starts(file, S("["))) return tg_plain_text(file, "file_id");
  str sizes = file;
  while (json_scan_element(sizes, &at, &size)) file = size;
  return tg_plain_text(file, "file_id");
}

static err settle(db_conn *c, const struct tg_job *job, size_t i, str message) {
  const struct file_row *f = file_of(job, i);
  bool refused = job->meaning == TG_FILE_UNKNOWN && job->file_ids[i].ptr,
       uploaded = job->meaning == TG_DONE && job->uploads[i].ptr;
  if (!f || !f->storage_key.ptr || (!refused && !uploaded)) return err_ok;
  struct file_remote remote = remote_of(job, i, f);
  if (refused) return file_remote_forget(c, &remote, job->file_ids[i]);
  str id = sent_id(message, job->messages[i].kind);
  return id.ptr ? file_remote_keep(c, &remote, id) : err_ok;
}

err tg_job_settle_files(db_conn *c, struct tg_job *job) {
  err e = err_ok;
  size_t at = 0;
  str message = job->answer.result;
  for (size_t i = 0; i < job->count && !err_is(e); i++) {
    bool told = job->count == 1 || json_scan_element(job->answer.result, &at, &message);
    if (told || job->meaning != TG_DONE) e = settle(c, job, i, message);
  }
  return e;
}
