/* Forbids functions that have a safe equivalent here. The build includes this header before every file. */
#ifndef SB_BASE_BANNED_H
#define SB_BASE_BANNED_H

/* The system's headers declare these, so they come first; poisoning afterwards catches our own uses only. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <pthread.h>

#ifndef SB_ALLOW_BANNED
#pragma GCC poison strcpy strcat strncpy strncat sprintf vsprintf gets atoi atol atoll atof strtok localtime gmtime
#pragma GCC poison ctime asctime mktemp tmpnam system popen
#endif

#endif
