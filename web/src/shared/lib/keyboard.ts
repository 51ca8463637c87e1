const mac = /Mac|iPhone|iPad/.test(navigator.platform)

/** The pressed keys as "mod+shift+k". Letters go by their place on the keyboard, so that a Russian layout works too. */
export function chord(event: KeyboardEvent): string {
  const parts: string[] = []
  if (mac ? event.metaKey : event.ctrlKey) parts.push("mod")
  if (event.altKey) parts.push("alt")
  const letter = /^(?:Key|Digit)(.)$/.exec(event.code)?.[1]?.toLowerCase()
  if (event.shiftKey && (letter || event.key.length > 1)) parts.push("shift")
  parts.push(letter ?? event.key.toLowerCase())
  return parts.join("+")
}

/** Single letters are shortcuts only where nobody is writing. */
export function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName) || target.closest("[role=menu]") !== null)
  )
}
