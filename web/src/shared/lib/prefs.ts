import { createStore, useStore } from "./store"

export type Theme = "system" | "light" | "dark"
export type Locale = "en" | "ru"
export type SendKey = "enter" | "ctrl-enter"

/** The operator's choices in this browser. public/theme.js reads the same key. */
export interface Prefs {
  theme: Theme
  locale: Locale
  sendKey: SendKey
  sound: boolean
  desktop: boolean
  /** Cards for replies in the operator's own conversations. */
  notices: boolean
  details: boolean
  /** The playback speed of voice messages and audio files. */
  speed: number
  /** Whether single letters are shortcuts; some assistive technology types letters by itself. */
  keys: boolean
}

const storageKey = "switchboard.prefs"

function systemLocale(): Locale {
  return navigator.languages.some((tag) => tag.toLowerCase().startsWith("ru")) ? "ru" : "en"
}

function load(): Prefs {
  const base: Prefs = { theme: "system", locale: systemLocale(), sendKey: "enter", sound: true, desktop: false, notices: true, details: true, speed: 1, keys: true }
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
    // If a private window refuses storage, the choice lasts until the page closes.
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

/** Updates the page's theme and language with the choice, also one made in another tab, and with the system's. */
export function followPrefs(): void {
  paint()
  store.subscribe(paint)
  addEventListener("storage", ({ key }) => {
    if (key === storageKey) store.set(load())
  })
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint)
}
