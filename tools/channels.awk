# Fails if the desk, or a layer below it, names a channel: a name or text of spec/channels.tbl, or a word that only one
# channel uses. The first file is the table; code that includes the table names no channel itself.
# (bot_command is a kind of formatting that any text may have; "bot" is the query by which the API names an account.)
FNR == 1 { table = FILENAME ~ /spec\/channels\.tbl$/ }
table && /^CHANNEL\(/ {
  row = $0
  sub(/^CHANNEL\(/, "", row)
  split(row, cell, ",")
  gsub(/[ "]/, "", cell[1]); gsub(/[ "]/, "", cell[2])
  word[tolower(cell[1])] = word[tolower(cell[2])] = 1
}
BEGIN { word["bot"] = word["tg"] = word["fcm"] = word["firebase"] = 1 }
table { next }
{
  line = tolower($0)
  gsub(/bot_command|"bot"|the id of a bot/, "", line)
  count = split(line, part, /[^a-z]+/)
  for (i = 1; i <= count; i++)
    if (part[i] in word) { print FILENAME ":" FNR ": names a channel: " part[i]; failed = 1; break }
}
END { exit failed }
