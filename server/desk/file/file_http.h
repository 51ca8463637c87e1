/* Answering with a file, for the desk's own route and those of channels. */
#ifndef SB_DESK_FILE_FILE_HTTP_H
#define SB_DESK_FILE_FILE_HTTP_H

#include "desk/file/file.h"
#include "desk/route.h"

/* Its bytes, or with ?size=thumb those of its smaller picture; 404 while they are not there. Ends the call. Who may see
 * it was asked before. */
void file_answer(struct call *c, const struct file_row *f);

#endif
