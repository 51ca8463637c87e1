const mac = /Mac|iPhone|iPad/.test(typeof navigator === "undefined" ? "" : navigator.platform)

/** Signs that shortcuts use, by their key code on a Latin keyboard. */
const signs: Record<string, readonly [plain: string, shifted: string]> = { Slash: ["/", "?"], Comma: [",", "<"], Period: [".", ">"] }

type Pressed = Pick<KeyboardEvent, "key" | "code" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey">

/**
 * The pressed keys as "mod+shift+k". A Latin letter counts as itself; if the layout has none (Cyrillic, Greek, or Option on a Mac),
 * the position of the key counts.
 */
export function chord(event: Pressed): string {
  const parts: string[] = []
  if (mac ? event.metaKey : event.ctrlKey) parts.push("mod")
  if (event.altKey) parts.push("alt")
  const letter = letterOf(event)
  const sign = letter ? undefined : signOf(event)
  if (event.shiftKey && !sign && (letter || event.key.length > 1)) parts.push("shift")
  parts.push(letter ?? sign ?? event.key.toLowerCase())
  return parts.join("+")
}

function letterOf({ key, code }: Pressed): string | undefined {
  if (key === "?" || key === "/") return undefined
  if (/^[a-z0-9]$/i.test(key)) return key.toLowerCase()
  return /^(?:Key|Digit)(.)$/.exec(code)?.[1]?.toLowerCase()
}

function signOf({ key, code, shiftKey }: Pressed): string | undefined {
  if (key === "?" || key === "/") return key
  return signs[code]?.[shiftKey ? 1 : 0]
}

/** Single letters are shortcuts only outside text fields. */
export function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName) || target.closest("[role=menu]") !== null)
  )
}
