import { getPrefs, onPrefsChange, setPref, usePref, type Locale } from "../lib/prefs"
import { createStore, useStore } from "../lib/store"
import { en } from "./en"

/** Every language has every key, with the same parameters: the compiler compares them with English. */
export type Catalogue = typeof en

const loaded = createStore<Catalogue>(en)

/** The other languages are fetched only by those who read them. */
export async function loadLocale(locale: Locale): Promise<void> {
  loaded.set(locale === "ru" ? (await import("./ru")).ru : en)
  current = locale
}

let current: Locale = "en"
// Another tab may have changed it.
onPrefsChange(() => {
  if (getPrefs().locale !== current) void loadLocale(getPrefs().locale).catch(() => {})
})

export async function changeLocale(locale: Locale): Promise<void> {
  await loadLocale(locale)
  setPref("locale", locale)
}

export function getT(): Catalogue {
  return loaded.get()
}

export function useT(): Catalogue {
  return useStore(loaded)
}

export function useLocale(): Locale {
  return usePref("locale")
}

export function getLocale(): Locale {
  return getPrefs().locale
}
