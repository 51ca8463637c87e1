export interface Point {
  latitude: number
  longitude: number
}

const number = String.raw`[-+]?\d{1,3}(?:\.\d+)?`
/** "@48.2,16.3", "?q=48.2,16.3", "mlat=48.2&mlon=16.3", "#map=16/48.2/16.3", "ll=16.3,48.2" (Yandex: longitude first). */
const linkForms: readonly [RegExp, boolean][] = [
  [new RegExp(`mlat=(${number})&mlon=(${number})`), false],
  [new RegExp(`!3d(${number})!4d(${number})`), false],
  [new RegExp(`(?:[?&](?:q|query|ll|destination|daddr|center)=|@|/place/)(?:loc:)?(${number})(?:,|%2C)\\+?(?:%20)?(${number})`), false],
  [new RegExp(`map=\\d+/(${number})/(${number})`), false],
]
const yandex = new RegExp(`yandex\\.[a-z.]+/.*[?&](?:ll|pt)=(${number})(?:,|%2C)(${number})`)

function inRange(latitude: number, longitude: number): Point | null {
  return Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 ? { latitude, longitude } : null
}

/** 48°12′29.5″N → 48.2082 */
const degrees = /^\s*(\d{1,3})\s*°\s*(?:(\d{1,2}(?:\.\d+)?)\s*[′'’]\s*)?(?:(\d{1,2}(?:\.\d+)?)\s*(?:[″"”]|'')\s*)?([NSEWСЮВЗ])/iu

function readDegrees(text: string): Point | null {
  const first = degrees.exec(text)
  const second = first && degrees.exec(text.slice(first[0].length).replace(/^\s*,/, ""))
  if (!first || !second) return null
  const value = ([, whole, minutes, seconds, side = ""]: RegExpExecArray) => (Number(whole) + Number(minutes ?? 0) / 60 + Number(seconds ?? 0) / 3600) * (/[SWЮЗ]/i.test(side) ? -1 : 1)
  return inRange(value(first), value(second))
}

/** What people paste: two numbers, degrees, or a link of a map service. Null if it is no point. */
export function parsePoint(typed: string): Point | null {
  const text = typed.trim()
  const turned = yandex.exec(text)
  if (turned) return inRange(Number(turned[2]), Number(turned[1]))
  if (/^https?:/i.test(text)) {
    for (const [form] of linkForms) {
      const found = form.exec(text)
      if (found) return inRange(Number(found[1]), Number(found[2]))
    }
    return null
  }
  const plain = new RegExp(`^\\(?\\s*(${number})°?\\s*[,;\\s]\\s*(${number})°?\\s*\\)?$`).exec(text)
  if (plain) return inRange(Number(plain[1]), Number(plain[2]))
  // "48,2082; 16,3738": decimal commas.
  const commas = /^\s*([-+]?\d{1,3},\d+)\s*[;\s]\s*([-+]?\d{1,3},\d+)\s*$/.exec(text)
  if (commas) return inRange(Number(commas[1]?.replace(",", ".")), Number(commas[2]?.replace(",", ".")))
  return readDegrees(text)
}
