// A site's settings: attributes of the script tag (data-app-key) or members of window.SwitchboardSettings (appKey), which take
// precedence. An invalid value becomes the default, so that a typing error does not break the chat.
import { limits } from "@/contract"
import { parseColor } from "./color"
import type { Language, Theme, Visitor } from "./protocol"

export interface Settings extends Visitor {
  appKey: string
  color: string
  position: "left" | "right"
  language: Language
  theme: Theme
  /** Empty: the default title of the language. */
  title: string
  /** false: the site opens the chat with a button of its own. */
  launcher: boolean
}

export type Given = Record<string, unknown>

function text(value: unknown, max = 1024): string {
  return typeof value === "string" || typeof value === "number" ? String(value).trim().slice(0, max) : ""
}

function oneOf<T extends string>(value: unknown, allowed: readonly T[], otherwise: T): T {
  return allowed.find((one) => one === value) ?? otherwise
}

/** auto: the page's language if the widget supports it, otherwise the browser's. */
export function chooseLanguage(wanted: unknown, page: string, reader: readonly string[]): Language {
  for (const tag of [text(wanted), page, ...reader.slice(0, 1)]) {
    const found = /^(en|ru)\b/i.exec(tag)?.[1]?.toLowerCase()
    if (found) return found as Language
  }
  return "en"
}

export function readVisitor(given: Given): Visitor {
  return { userId: text(given["userId"]), userName: text(given["userName"], limits.name_max), userHash: text(given["userHash"], limits.name_max) }
}

export function readSettings(given: Given, page: string, reader: readonly string[]): Settings {
  const launcher = given["launcher"]
  return {
    ...readVisitor(given),
    appKey: text(given["appKey"]),
    color: parseColor(text(given["color"])),
    position: oneOf(given["position"], ["left", "right"], "right"),
    language: chooseLanguage(given["language"], page, reader),
    theme: oneOf(given["theme"], ["light", "dark", "auto"], "auto"),
    title: text(given["title"], limits.name_max),
    launcher: launcher !== false && launcher !== "false" && launcher !== "none",
  }
}
