/* jansson beside base/json.h: both define JSON_OBJECT and JSON_STRING. Here jansson's become JANSSON_OBJECT and
 * JANSSON_STRING, and the two macros that use them are redefined. Including <jansson.h> itself beside base/json.h does
 * not compile, on purpose. */
#ifndef SB_BASE_JANSSON_H
#define SB_BASE_JANSSON_H

#define JSON_OBJECT JANSSON_OBJECT
#define JSON_STRING JANSSON_STRING
#include <jansson.h>
#undef JSON_OBJECT
#undef JSON_STRING

#undef json_is_object
#undef json_is_string
#define json_is_object(value) ((value) && json_typeof(value) == JANSSON_OBJECT)
#define json_is_string(value) ((value) && json_typeof(value) == JANSSON_STRING)

#endif
