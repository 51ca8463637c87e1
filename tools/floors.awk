# Fails on an include that goes upward and on a circle of slices. The floors: base, net, db, desk, edge, app.
#   base -> spec      net -> base      db -> base      desk -> base, spec, other slices' public header;
#   *_store.c and other files with SQL also db; *_http.c, desk/route and the object store of desk/file also net      edge -> base, desk, net   app -> all
function room(path,   p) {
  sub(/^server\//, "", path)
  split(path, p, "/")
  return p[1]
}
function slice(path,   p) {
  sub(/^server\//, "", path)
  if (split(path, p, "/") < 3) return ""
  return (p[1] == "desk" || p[1] == "edge") ? p[1] "/" p[2] : ""
}
function bad(text) { print FILENAME ":" FNR ": " text; failed = 1 }
/^#include "/ {
  target = $2
  gsub(/"/, "", target)
  if (target == "sql.h") target = "db/sql.h"
  from = room(FILENAME); to = room("server/" target)
  if (target ~ /^spec\// || from == to && from != "desk" && from != "edge") next
  if (FILENAME ~ /_test\.c$/ || FILENAME ~ /fixture/) next
  allowed = 0
  if (to == "base") allowed = 1
  if (from == "desk") {
    if (to == "desk") allowed = 1
    if (to == "db") allowed = 1
    if (to == "net") allowed = (FILENAME ~ /_http\.c$/ || FILENAME ~ /desk\/route\.[ch]$/ || FILENAME ~ /desk\/access\// || FILENAME ~ /desk\/file\/file_home_internal\.h$/)
  }
  if (from == "edge") allowed = (to == "base" || to == "desk" || to == "net" || to == "edge")
  if (from == "app") allowed = 1
  if (!allowed) bad(from " must not include " target)
  a = slice(FILENAME); b = slice("server/" target)
  if (a != "" && b != "" && a != b) {
    if (a ~ /^edge/ && b ~ /^edge/) bad("edges do not know each other: " target)
    uses[a, b] = 1; slices[a] = slices[b] = 1
  }
}
# Depth-first over the slices' uses; a slice that is already on the current path closes a circle.
function walk(s, trail,   t) {
  if (index(trail " ", " " s " ")) { print "a circle of slices:" trail " " s; failed = 1; return }
  if (s in done) return
  for (t in slices) if ((s, t) in uses) walk(t, trail " " s)
  done[s] = 1
}
END {
  for (s in slices) walk(s, "")
  exit failed
}
