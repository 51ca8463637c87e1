import type { Locale } from "../lib/prefs"

// Loading the browser's tables of a language takes up to 20 ms on a phone, so it is delayed until a number needs them.
let russian: Intl.PluralRules | undefined
const numbers: Partial<Record<Locale, Intl.NumberFormat>> = {}

/** Below a thousand there are no separators, so an integer is formatted as its digits in both languages. */
function number(locale: Locale, n: number): string {
  return Number.isInteger(n) && n >= 0 && n < 1000 ? String(n) : (numbers[locale] ??= new Intl.NumberFormat(locale)).format(n)
}

export const numberEn = (n: number) => number("en", n)
export const numberRu = (n: number) => number("ru", n)

export function pluralEn(n: number, one: string, other: string): string {
  return `${numberEn(n)} ${n === 1 ? one : other}`
}

export function pluralRu(n: number, one: string, few: string, many: string): string {
  const form = (russian ??= new Intl.PluralRules("ru")).select(n)
  return `${numberRu(n)} ${form === "one" ? one : form === "few" ? few : many}`
}
