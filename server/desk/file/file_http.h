/* Replies with a file, for the desk's route and those of channels. */
#ifndef SB_DESK_FILE_FILE_HTTP_H
#define SB_DESK_FILE_FILE_HTTP_H

#include "desk/file/file.h"
#include "desk/route.h"

/* Replies with its bytes, or with ?size=thumb those of its thumbnail; 404 while they are missing. Ends the call,
 * perhaps later and on another thread: the strings of f must be valid as long as the request. The caller has checked access. */
void file_answer(struct call *c, const struct file_row *f);

#endif
