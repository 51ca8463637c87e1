/* Subjects: what an event, a permission, a job or an audit entry is about. */
#ifndef SB_DESK_SUBJECT_H
#define SB_DESK_SUBJECT_H

#include "base/json.h"

enum subject_kind {
#define SUBJECT(name, text) SUBJECT_##name,
#include "spec/subjects.tbl"
#undef SUBJECT
  SUBJECTS
};
extern const struct json_enum subject_names; /* "Subject"; as stored */

struct subject { /* one subject, with what permissions depend on */
  enum subject_kind kind;
  int64_t id;
  int64_t owner_id; /* its owner, such as a conversation's assignee; 0: none */
};

#endif
