// An operator's avatar: two letters on a colour that depends on the name.

/** White text is readable on each of them. */
const colors = ["#5b4bc4", "#0f6f66", "#a03a6b", "#8a5a00", "#2a62b8", "#9a3b2e", "#3d6b2f", "#5a5f70"]

export function initialsOf(name: string): string {
  const words = name.trim().split(/\s+/).filter((word) => /\p{L}|\p{N}/u.test(word))
  const first = (word: string | undefined): string => [...(word?.replace(/^[^\p{L}\p{N}]+/u, "") ?? "")][0] ?? ""
  return (first(words[0]) + (words.length > 1 ? first(words.at(-1)) : "")).toLocaleUpperCase()
}

export function colorOf(name: string): string {
  let sum = 7
  for (const char of name) sum = (sum * 31 + (char.codePointAt(0) ?? 0)) >>> 0
  return colors[sum % colors.length] as string
}
