const rules = { en: new Intl.PluralRules("en"), ru: new Intl.PluralRules("ru") }
const numbers = { en: new Intl.NumberFormat("en"), ru: new Intl.NumberFormat("ru") }

export const numberEn = (n: number) => numbers.en.format(n)
export const numberRu = (n: number) => numbers.ru.format(n)

export function pluralEn(n: number, one: string, other: string): string {
  return `${numbers.en.format(n)} ${rules.en.select(n) === "one" ? one : other}`
}

export function pluralRu(n: number, one: string, few: string, many: string): string {
  const form = rules.ru.select(n)
  return `${numbers.ru.format(n)} ${form === "one" ? one : form === "few" ? few : many}`
}
