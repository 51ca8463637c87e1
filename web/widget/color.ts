// The text colour that is readable on the colour that a site has chosen.

export const defaultColor = "#2f5be8"

/** The given colour (#rgb, #rrggbb, the # optional) as #rrggbb, or the default. */
export function parseColor(given: string | undefined): string {
  const hex = /^#?([\da-f]{3}|[\da-f]{6})$/i.exec((given ?? "").trim())?.[1]?.toLowerCase()
  if (!hex) return defaultColor
  return `#${hex.length === 3 ? [...hex].map((c) => c + c).join("") : hex}`
}

/** Relative luminance, 0 to 1, as defined in WCAG 2. */
export function luminance(color: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = parseInt(color.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

export function contrast(one: string, other: string): number {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b)
  return (high + 0.05) / (low + 0.05)
}

/** Whether a thin ring of this colour is visible on the chat's background, light and dark. */
export const seenOnBoth = (color: string): boolean => contrast(color, "#ffffff") >= 3 && contrast(color, "#14171d") >= 3

/** White if it is readable, otherwise black: one of them always has a contrast of 4.5. */
export function textOn(color: string): "#ffffff" | "#000000" {
  return contrast(color, "#ffffff") >= 4.5 ? "#ffffff" : "#000000"
}
