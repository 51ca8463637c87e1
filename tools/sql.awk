# Turns every slice's .sql into build/gen/sql.h (enum sql_id) and sql.c (the table db_open takes).
#   -- name: conversation_by_id            one statement for both engines
#   -- name: search_customers (sqlite)     a twin: one for each engine, the (postgres) one under the same name
# A statement runs to the next "-- name:"; its comments are kept out of the binary, one trailing ';' is dropped.
# Text between the first line and "-- name:" is a comment.
#   -- columns: message                    the columns that a decoder reads, in the lines below it to the first empty one:
#                                          "id, text", or "preview = substr(@.text, 1, 160)" for an expression. In any
#                                          statement of any slice @message@ stands for them, and @message:m@ for them as
#                                          columns of m. C reads them by name: cell[COL_MESSAGE_TEXT].
# spec/fields.tbl, read before the .sql, is the first part of a block: the COLUMN rows of CONVERSATION that of `conversation`.
# @conversation=$3@ sets the columns of a block to parameters, in its order: "status = $3, assignee_id = $4, …"; of the block
# `conversation` only those of spec/fields.tbl. In an INSERT @message_new()@ is "(conversation_id, direction, …)", the names alone,
# and @message_new($1)@ these with "VALUES ($1, $2, …)". C gives the parameters by name too: {[COL_MESSAGE_NEW_TEXT] = …}.
# @IDS($1)@ is a condition: one of the ids in a JSON list of numbers that is the parameter, in each engine's SQL.
function flush_statement() {
  if (name == "") return
  sub(/[ \n]*;?[ \n]*$/, "", body)
  if (body == "") { print FILENAME ": statement " name " is empty" > "/dev/stderr"; bad = 1 }
  key = name
  if (!(key in seen)) { order[++n] = key; seen[key] = 1 }
  if ((key, engine) in text || (key, "both") in text || engine == "both" && (key, "sqlite") in text) { print FILENAME ": statement " name " stands twice" > "/dev/stderr"; bad = 1 }
  text[key, engine] = body
  from[key, engine] = FILENAME
  name = ""
}
# The columns of a block, as those of an alias ("" for none).
function columns_of(block, alias,   list, n, i, item, out) {
  n = split(columns[block], list, "\n")
  for (i = 1; i <= n; i++) {
    item = expression[block, i]
    gsub(/@\./, alias == "" ? "" : alias ".", item)
    out = out (i > 1 ? ", " : "") item
  }
  return out
}
# The columns of a block, each with its parameter; of one that spec/fields.tbl begins, those that it declares.
function columns_set(block, first,   list, n, i, out) {
  n = split(columns[block], list, "\n")
  if (block in declared) n = declared[block]
  for (i = 1; i <= n; i++) out = out (i > 1 ? ", " : "") list[i] " = $" (first + i - 1)
  return out
}
# The names of a block for an INSERT; with the values too when the first parameter is given.
function columns_into(block, first,   list, n, i, names, values) {
  n = split(columns[block], list, "\n")
  for (i = 1; i <= n; i++) {
    names = names (i > 1 ? ", " : "") list[i]
    values = values (i > 1 ? ", " : "") "$" (first + i - 1)
  }
  return "(" names ")" (first == "" ? "" : " VALUES (" values ")")
}
function expand_columns(body, where,   word, block, rest, out) {
  while (match(body, /@[a-z_]+(:[a-z_]+|=\$[0-9]+|\((\$[0-9]+)?\))?@/)) {
    word = substr(body, RSTART + 1, RLENGTH - 2)
    block = rest = word
    sub(/[^a-z_].*$/, "", block)
    sub(/^[a-z_]+/, "", rest)
    if (!(block in columns)) { print where ": no columns are named " block > "/dev/stderr"; exit 1 }
    if (rest ~ /^=/) out = columns_set(block, substr(rest, 3))
    else if (rest ~ /^\(/) { gsub(/[($)]/, "", rest); out = columns_into(block, rest) }
    else out = columns_of(block, substr(rest, 2))
    body = substr(body, 1, RSTART - 1) out substr(body, RSTART + RLENGTH)
  }
  return body
}
function expand(key, engine,   body) {
  if (!((key, engine) in text)) return
  body = expand_columns(text[key, engine], from[key, engine])
  text[key, engine] = body
  if (engine != "both" || body !~ /@IDS\(/) return
  delete text[key, "both"]
  text[key, "sqlite"] = body
  gsub(/@IDS\(/, "IN (SELECT value FROM json_each(", text[key, "sqlite"]); gsub(/\)@/, "))", text[key, "sqlite"])
  text[key, "postgres"] = body
  gsub(/@IDS\(/, "= ANY (translate(", text[key, "postgres"]); gsub(/\)@/, ", '[]', '{}')::bigint[])", text[key, "postgres"])
}
# Adds a line's columns to a block. Commas within brackets belong to an expression.
function add_columns(block, line,   i, c, depth, item) {
  sub(/,[ \t]*$/, "", line)
  for (i = 1; i <= length(line) + 1; i++) {
    c = substr(line, i, 1)
    if (c == "(") depth++
    if (c == ")") depth--
    if (i <= length(line) && (c != "," || depth)) { item = item c; continue }
    gsub(/^[ \t]+|[ \t]+$/, "", item)
    add_column(block, item)
    item = ""
  }
}
function add_column(block, item,   at, column) {
  at = index(item, " = ")
  column = at ? substr(item, 1, at - 1) : item
  if (column !~ /^[a-z_]+$/) { print FILENAME ": \"" item "\" is no column" > "/dev/stderr"; bad = 1 }
  columns[block] = columns[block] (count[block]++ ? "\n" : "") column
  expression[block, count[block]] = at ? substr(item, at + 3) : "@." column
}
function quote(s) { gsub(/\\/, "\\\\", s); gsub(/"/, "\\\"", s); gsub(/\n/, "\\n\"\n    \"", s); return "\"" s "\"" }
FNR == 1 { flush_statement(); naming = "" }
FILENAME ~ /\.tbl$/ {
  if ($0 !~ /^COLUMN\(/) next
  split(substr($0, length("COLUMN(") + 1), row, /, */)
  block = tolower(row[1])
  if (toupper(row[7]) != row[2]) { print FILENAME ": " row[2] " is not the column " row[7] " in capitals" > "/dev/stderr"; bad = 1 }
  if (!(block in declared)) blocks[++block_count] = block
  add_column(block, row[7])
  declared[block]++
  next
}
/^-- columns:/ {
  flush_statement()
  naming = $3
  if (naming in named) { print FILENAME ": columns " naming " stand twice" > "/dev/stderr"; bad = 1 }
  named[naming] = 1
  if (!(naming in declared)) blocks[++block_count] = naming
  if (!(naming in columns)) columns[naming] = ""
  next
}
naming != "" {
  if ($0 ~ /^[ \t]*$/) { naming = ""; next }
  add_columns(naming, $0)
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
  for (i = 1; i <= n; i++) { expand(order[i], "both"); expand(order[i], "sqlite"); expand(order[i], "postgres") }
  print "/* Generated from the slices' .sql by tools/sql.awk. */" > header
  print "#ifndef SB_GEN_SQL_H\n#define SB_GEN_SQL_H\n\n#include \"db/db.h\"\n\nenum sql_id {" > header
  for (i = 1; i <= n; i++) print "  SQL_" toupper(order[i]) "," > header
  print "  SQL_COUNT\n};\n" > header
  for (i = 1; i <= block_count; i++) {
    k = split(columns[blocks[i]], list, "\n")
    print "enum {" > header
    for (j = 1; j <= k; j++) print "  COL_" toupper(blocks[i] "_" list[j]) "," > header
    print "  COL_" toupper(blocks[i]) "_COUNT\n};\n" > header
  }
  print "extern const struct db_statement sql_statements[SQL_COUNT + 1];\n\n#endif" > header
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
