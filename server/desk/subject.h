/* What something is about: an event, a right, a job, an entry of the audit. */
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

struct subject { /* one thing, as far as rights ask about it */
  enum subject_kind kind;
  int64_t id;
  int64_t owner_id; /* the operator whose it is, as a conversation's assignee; 0: nobody's */
};

#endif
