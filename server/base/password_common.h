/* Recognises common passwords. It looks for each kind in the password as written, without the digits
 * and signs around it, with digits and signs read as similar letters (p@ssw0rd), and, in Cyrillic, by
 * the keys of the layout (йцукен is qwerty):
 *
 *   known     one of the best known passwords, or one of them repeated; common_passwords.txt has about 49,000, from
 *             the npm package @zxcvbn-ts/language-common (MIT, its licence is beside it). Any number is allowed: lines
 *             of printable ASCII in lower case, in byte order
 *   pattern   a few runs of equal or consecutive characters or keys, or a short piece repeated
 *   own word  the account's login or email, or another word given
 *
 * Pure; reads only. */
#ifndef SB_BASE_PASSWORD_COMMON_H
#define SB_BASE_PASSWORD_COMMON_H

#include "base/str.h"

enum password_guess { PASSWORD_NOT_GUESSED, PASSWORD_KNOWN, PASSWORD_PATTERN, PASSWORD_OWN_WORD };

/* words: absent or empty words are ignored. A password longer than 256 bytes is not checked. */
enum password_guess password_guess_of(str password, const str *words, size_t words_count);
/* For tests: the table itself. */
str password_common_table(void);

#endif
