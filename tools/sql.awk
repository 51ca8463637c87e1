# Turns every slice's .sql into build/gen/sql.h (enum sql_id) and sql.c (the table db_open takes).
#   -- name: conversation_by_id            one statement for both engines
#   -- name: search_customers (sqlite)     a twin: one for each engine, the (postgres) one under the same name
# A statement runs to the next "-- name:"; its comments are kept out of the binary, one trailing ';' is dropped.
# Text between the first line and "-- name:" is prose for the reader.
#   -- columns: message_columns            the lines below it, to the first empty one, stand for @message_columns@ in the
#                                          statements of this file
# @IDS($1)@ is a condition: one of the ids in a JSON list of numbers that is the parameter, in each engine's words.
function flush_statement() {
  if (name == "") return
  sub(/[ \n]*;?[ \n]*$/, "", body)
  if (body == "") { print FILENAME ": statement " name " is empty" > "/dev/stderr"; bad = 1 }
  key = name
  if (!(key in seen)) { order[++n] = key; seen[key] = 1 }
  if ((key, engine) in text || (key, "both") in text || engine == "both" && (key, "sqlite") in text) { print FILENAME ": statement " name " stands twice" > "/dev/stderr"; bad = 1 }
  expand_columns()
  if (engine == "both" && body ~ /@IDS\(/) {
    text[key, "sqlite"] = body
    gsub(/@IDS\(/, "IN (SELECT value FROM json_each(", text[key, "sqlite"]); gsub(/\)@/, "))", text[key, "sqlite"])
    text[key, "postgres"] = body
    gsub(/@IDS\(/, "= ANY (translate(", text[key, "postgres"]); gsub(/\)@/, ", '[]', '{}')::bigint[])", text[key, "postgres"])
    name = ""
    return
  }
  text[key, engine] = body
  name = ""
}
function expand_columns(   word) {
  while (match(body, /@[a-z_]+@/)) {
    word = substr(body, RSTART + 1, RLENGTH - 2)
    if (!(word in columns)) { print FILENAME ": no columns are named " word > "/dev/stderr"; bad = 1; exit 1 }
    body = substr(body, 1, RSTART - 1) columns[word] substr(body, RSTART + RLENGTH)
  }
}
function quote(s) { gsub(/\\/, "\\\\", s); gsub(/"/, "\\\"", s); gsub(/\n/, "\\n\"\n    \"", s); return "\"" s "\"" }
FNR == 1 { flush_statement(); split("", columns); naming = "" }
/^-- columns:/ { flush_statement(); naming = $3; columns[naming] = ""; next }
naming != "" {
  if ($0 ~ /^[ \t]*$/) { naming = ""; next }
  line = $0
  sub(/^[ \t]+/, "", line)
  columns[naming] = columns[naming] (columns[naming] == "" ? "" : " ") line
  next
}
/^-- name:/ {
  flush_statement()
  name = $3; engine = "both"
  if ($4 == "(sqlite)") engine = "sqlite"
  if ($4 == "(postgres)") engine = "postgres"
  body = ""
  next
}
name != "" {
  line = $0
  sub(/[ \t]*--.*$/, "", line)
  if (line ~ /^[ \t]*$/) next
  sub(/^[ \t]+/, "", line)
  body = body (body == "" ? "" : "\n") line
}
END {
  flush_statement()
  if (bad) exit 1
  print "/* Generated from the slices' .sql by tools/sql.awk. */" > header
  print "#ifndef SB_GEN_SQL_H\n#define SB_GEN_SQL_H\n\n#include \"db/db.h\"\n\nenum sql_id {" > header
  for (i = 1; i <= n; i++) print "  SQL_" toupper(order[i]) "," > header
  print "  SQL_COUNT\n};\n\nextern const struct db_statement sql_statements[SQL_COUNT + 1];\n\n#endif" > header
  print "/* Generated from the slices' .sql by tools/sql.awk. */\n#include \"sql.h\"\n" > source
  print "const struct db_statement sql_statements[SQL_COUNT + 1] = {" > source
  for (i = 1; i <= n; i++) {
    k = order[i]
    if ((k, "both") in text) { a = b = quote(text[k, "both"]) }
    else {
      if (!((k, "sqlite") in text) || !((k, "postgres") in text)) { print "statement " k " lacks a twin" > "/dev/stderr"; exit 1 }
      a = quote(text[k, "sqlite"]); b = quote(text[k, "postgres"])
    }
    print "  {\"" k "\",\n    " a ",\n    " b "}," > source
  }
  print "  {NULL, NULL, NULL},\n};" > source
}
