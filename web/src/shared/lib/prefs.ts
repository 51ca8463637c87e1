import { createStore, useStore } from "./store"

export type Theme = "system" | "light" | "dark"
export type Locale = "en" | "ru"
export type SendKey = "enter" | "ctrl-enter"

/** What one person chose in this browser. The key is read by public/theme.js too. */
export interface Prefs {
  theme: Theme
  locale: Locale
  sendKey: SendKey
  sound: boolean
  desktop: boolean
  /** Cards with what one's own customers reply. */
  notices: boolean
  details: boolean
  /** Single letters as shortcuts; some assistive technology types them by itself. */
  keys: boolean
}

const storageKey = "switchboard.prefs"

function systemLocale(): Locale {
  return navigator.languages.some((tag) => tag.toLowerCase().startsWith("ru")) ? "ru" : "en"
}

function load(): Prefs {
  const base: Prefs = { theme: "system", locale: systemLocale(), sendKey: "enter", sound: true, desktop: false, notices: true, details: true, keys: true }
  try {
    return { ...base, ...(JSON.parse(localStorage.getItem(storageKey) ?? "{}") as Partial<Prefs>) }
  } catch {
    return base
  }
}

const store = createStore<Prefs>(load())

export function getPrefs(): Prefs {
  return store.get()
}

export function setPref<K extends keyof Prefs>(key: K, value: Prefs[K]): void {
  store.set((old) => ({ ...old, [key]: value }))
  try {
    localStorage.setItem(storageKey, JSON.stringify(store.get()))
  } catch {
    // Private windows may refuse storage; the choice then lasts until the page closes.
  }
}

export function usePref<K extends keyof Prefs>(key: K): Prefs[K] {
  return useStore(store, (prefs) => prefs[key])
}

export function isDark(theme: Theme): boolean {
  return theme === "dark" || (theme === "system" && matchMedia("(prefers-color-scheme: dark)").matches)
}

function paint(): void {
  const { theme, locale } = store.get()
  const dark = isDark(theme)
  document.documentElement.classList.toggle("dark", dark)
  document.documentElement.lang = locale
  for (const meta of document.querySelectorAll('meta[name="theme-color"]'))
    meta.setAttribute("content", dark ? "#0e1015" : "#f5f6f8")
}

export function onPrefsChange(listener: () => void): void {
  store.subscribe(listener)
}

/** Keeps the page's theme and language with the choice, also when another tab made it, and with the system. */
export function followPrefs(): void {
  paint()
  store.subscribe(paint)
  addEventListener("storage", ({ key }) => {
    if (key === storageKey) store.set(load())
  })
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint)
}
