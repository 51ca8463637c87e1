/* Internal to the slice: the object store of a desk, and whether it can be reached. */
#ifndef SB_DESK_FILE_FILE_FAR_INTERNAL_H
#define SB_DESK_FILE_FILE_FAR_INTERNAL_H

#include "desk/file/file_home_internal.h"

#include <pthread.h>

enum { FILE_STORE_MAGIC = 0x46535452, FILE_CARRIERS = 3 };

struct file_task;
struct file_store {
  uint32_t magic;
  struct desk *desk;
  s3 *s3;
  bool wanted; /* STORAGE_BACKEND=s3 */
  pthread_t threads[FILE_CARRIERS];
  int thread_count;
  pthread_mutex_t lock; /* guards what follows */
  pthread_cond_t changed;
  bool stopping;
  struct file_task *first, **last;
  size_t waiting;
  int64_t rests_until_ms, rest_ms; /* steady */
  char why[160];                   /* of the last failure; empty: the last call succeeded */
  struct file_store_figures figures;
};

#endif
