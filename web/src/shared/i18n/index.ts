import { getPrefs, onPrefsChange, setPref, usePref, type Locale } from "../lib/prefs"
import { createStore, useStore } from "../lib/store"
import type { en } from "./en"

type SharedWords = typeof en

/**
 * All words. Each feature adds its own to the type (words-en.ts); its other languages have the same keys with the same
 * parameters, for the compiler compares them with English.
 */
export interface Catalogue extends SharedWords {}

export interface Catalogues {
  en: Catalogue
  /** The other languages are loaded only when they are used. */
  ru: () => Promise<Catalogue>
}

let catalogues: Catalogues | undefined
const loaded = createStore<Catalogue | undefined>(undefined)
let current: Locale = "en"

/** Called once, before anything is drawn, with the texts of all features (app/words). */
export function setCatalogues(all: Catalogues): void {
  catalogues = all
  loaded.set(all.en)
}

export async function loadLocale(locale: Locale): Promise<void> {
  if (!catalogues) return
  loaded.set(locale === "ru" ? await catalogues.ru() : catalogues.en)
  current = locale
}

// Another tab may have changed the language.
onPrefsChange(() => {
  if (getPrefs().locale !== current) void loadLocale(getPrefs().locale).catch(() => {})
})

export async function changeLocale(locale: Locale): Promise<void> {
  await loadLocale(locale)
  setPref("locale", locale)
}

export function getT(): Catalogue {
  return given(loaded.get())
}

export function useT(): Catalogue {
  return given(useStore(loaded))
}

function given(catalogue: Catalogue | undefined): Catalogue {
  if (!catalogue) throw new Error("words before setCatalogues")
  return catalogue
}

export function useLocale(): Locale {
  return usePref("locale")
}

export function getLocale(): Locale {
  return getPrefs().locale
}
