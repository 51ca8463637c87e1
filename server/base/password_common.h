/* Recognises passwords that are guessed first. Each kind is looked for in the password as written, without the digits
 * and signs around it, with digits and signs read as the letters that they look like (p@ssw0rd), and, in Cyrillic, by
 * the keys that were pressed (йцукен is qwerty):
 *
 *   known     one of the best known passwords, or such a one repeated; common_passwords.txt has some 49,000 of them, from
 *             the npm package @zxcvbn-ts/language-common (MIT, its licence is beside it), and may have any number: lines
 *             of printable ASCII in lower case, in the order of bytes
 *   pattern   a few runs of the same or following characters or keys, or a short piece repeated
 *   own word  the account's login or email, or another word given
 *
 * Pure; reads only. */
#ifndef SB_BASE_PASSWORD_COMMON_H
#define SB_BASE_PASSWORD_COMMON_H

#include "base/str.h"

enum password_guess { PASSWORD_NOT_GUESSED, PASSWORD_KNOWN, PASSWORD_PATTERN, PASSWORD_OWN_WORD };

/* words: may be absent or empty, then they are none. A password longer than 256 bytes is not looked at. */
enum password_guess password_guess_of(str password, const str *words, size_t words_count);
/* For tests: the table itself. */
str password_common_table(void);

#endif
