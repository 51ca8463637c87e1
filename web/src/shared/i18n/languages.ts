import type { Locale } from "../lib/prefs"

/** The name of a language by its code; a code that browsers do not know stays. */
export function languageName(locale: Locale, code: string): string {
  try {
    return new Intl.DisplayNames(locale, { type: "language" }).of(code) ?? code
  } catch {
    return code
  }
}
