# Fails on a circle of files within a room: a file that depends on itself through what it calls or reads. Input: lines
# "ROOM FILE SYMBOL def|use" of the object files, as scripts/circles.sh makes them. Includes cannot show this, since files
# of a room share a header.
$4 == "def" { owner[$1, $3] = $2 }
$4 == "use" { count++; used_room[count] = $1; used_by[count] = $2; used[count] = $3 }
END {
  for (i = 1; i <= count; i++) {
    room = used_room[i]
    if (!((room, used[i]) in owner)) continue
    to = owner[room, used[i]]
    if (to == used_by[i]) continue
    from = used_by[i]
    if (!((from, to) in why)) next_of[from] = next_of[from] " " to
    why[from, to] = why[from, to] " " used[i]
    files[from] = files[to] = 1
  }
  for (file in files) visit(file)
  exit failed
}
# Depth-first; state 1: on the current path, 2: done.
function visit(file,   list, n, i) {
  if (state[file]) return
  state[file] = 1
  depth++
  trail[depth] = file
  n = split(next_of[file], list, " ")
  for (i = 1; i <= n; i++) {
    if (state[list[i]] == 1) show(list[i])
    visit(list[i])
  }
  depth--
  state[file] = 2
}
function show(file,   i) {
  failed = 1
  for (i = depth; trail[i] != file; i--) ;
  print "a circle of files:"
  for (; i <= depth; i++) {
    to = i < depth ? trail[i + 1] : file
    print "  " trail[i] " uses of " to ":" why[trail[i], to]
  }
}
