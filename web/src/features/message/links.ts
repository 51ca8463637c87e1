/**
 * Addresses in text for which the channel gave no entities. What is shown is what was typed, letter for letter; what is
 * opened is an http, https, mailto or tel address and nothing else.
 */
export interface FoundLink {
  text: string
  href: string
}

/** Where an address ends in any case: spaces, quotes, angle brackets, controls, and signs that turn or hide text. */
const stop = String.raw`\s<>"'«»„“”‘’` + "`" + String.raw`\u0000-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff`
/** Domains that people write without a scheme. Others need one: "report.final" and "e.g" are no addresses. */
const bare = "com|org|net|io|dev|app|info|biz|me|co|ru|su|рф|ua|by|kz|de|fr|es|it|nl|pl|uk|us|eu|ch|at|se|no|fi|dk|cz|tr|ir|br|in|jp|cn|tv|shop|store|online|site|xyz"
const label = String.raw`[\p{L}\p{N}](?:[\p{L}\p{N}-]*[\p{L}\p{N}])?`
const host = String.raw`(?:${label}\.)+${label}`
const before = String.raw`(?<![\p{L}\p{N}_@./\\:-])`

const pattern = new RegExp(
  [
    String.raw`(?<url>${before}https?:\/\/[\p{L}\p{N}[][^${stop}]*)`,
    String.raw`(?<other>${before}(?:mailto|tel):[^${stop}]+)`,
    String.raw`(?<mail>${before}[\p{L}\p{N}](?:[\p{L}\p{N}._%+-]*[\p{L}\p{N}_%+-])?@${host}(?![\p{L}\p{N}@_-]))`,
    String.raw`(?<www>${before}www\.${host}(?::\d{1,5})?(?:[\/?#][^${stop}]*)?)`,
    String.raw`(?<bare>${before}(?:${label}\.)+(?:${bare})(?![\p{L}\p{N}_@-]|\.[\p{L}\p{N}])(?::\d{1,5})?(?:[\/?#][^${stop}]*)?)`,
  ].join("|"),
  "giu",
)

const closers: Record<string, string> = { ")": "(", "]": "[", "}": "{" }

const count = (text: string, sign: string) => text.split(sign).length - 1

/** A sentence's punctuation is not the address's, nor is a bracket that was opened before it. */
function trim(address: string): string {
  for (let end = address; ; end = end.slice(0, -1)) {
    const last = end.at(-1) ?? ""
    const opener = closers[last]
    if (opener === undefined ? !/[.,:;!?…*_~|]/.test(last) || last === "" : count(end, last) <= count(end, opener)) return end
  }
}

/** Null for what no browser should be led to: another scheme, no host, or a name before an @ that poses as the host. */
function target(kind: string, address: string): string | null {
  if (kind === "mail") return `mailto:${address}`
  if (kind === "other") return /^mailto:[^@\s]+@[^@\s]+$/i.test(address) || /^tel:\+?[\d().-]+$/i.test(address) ? address : null
  const href = kind === "url" ? address : `https://${address}`
  if (!URL.canParse(href)) return null
  const { protocol, hostname, username, password } = new URL(href)
  const harmless = (protocol === "http:" || protocol === "https:") && hostname !== "" && username === "" && password === ""
  return harmless ? href : null
}

/** Every address has one of these. Most texts have none, and the whole pattern takes a phone 50 ms before its first use. */
const hint = /[:@]|\.\S/

/** The text in pieces, of which some are links; put together again, they are the text. */
export function findLinks(text: string): (string | FoundLink)[] {
  if (!hint.test(text)) return text === "" ? [] : [text]
  const pieces: (string | FoundLink)[] = []
  let at = 0
  for (const match of text.matchAll(pattern)) {
    const kind = Object.entries(match.groups ?? {}).find(([, found]) => found !== undefined)?.[0] ?? ""
    const address = trim(match[0])
    const href = target(kind, address)
    if (href === null) continue
    if (match.index > at) pieces.push(text.slice(at, match.index))
    pieces.push({ text: address, href })
    at = match.index + address.length
  }
  if (at < text.length) pieces.push(text.slice(at))
  return pieces
}

/** The host as a browser knows it, where that differs from how it was typed: look-alike letters then show themselves. */
export function realHost(href: string, typed: string): string | undefined {
  if (!/^https?:/i.test(href) || !URL.canParse(href)) return undefined
  const { host } = new URL(href)
  return typed.toLowerCase().includes(host) ? undefined : host
}
