/* Vectors of conditions; see conditions.c. */
#ifndef SB_TESTS_CONFORMANCE_CONDITIONS_H
#define SB_TESTS_CONFORMANCE_CONDITIONS_H

#include <stdint.h>

/* Prints them; returns the exit status. */
int conditions_print(uint64_t seed);

#endif
