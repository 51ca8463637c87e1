/** The entries of the palette, and the filter for typed text. */
export interface Offer {
  id: string
  group: string
  name: string
  /** More words by which it is found; the matching one is shown beside the name. */
  holds?: readonly string[] | undefined
}

const plain = (text: string) => text.toLowerCase().normalize("NFD").replace(/[\u0300-\u036f]/g, "").replaceAll("ё", "е")

export interface Match<T> {
  offer: T
  /** The words that matched, if not the name. */
  because: string | null
}

/** All words must match, in any order, in the name and its group, or in one of the other words. */
export function match<T extends Offer>(offers: readonly T[], query: string): Match<T>[] {
  const words = plain(query).split(/\s+/).filter(Boolean)
  if (words.length === 0) return offers.map((offer) => ({ offer, because: null }))
  const fits = (text: string) => words.every((word) => plain(text).includes(word))
  const found = offers.flatMap((offer): Match<T>[] => {
    if (fits(offer.name) || fits(`${offer.group} ${offer.name}`)) return [{ offer, because: null }]
    const because = offer.holds?.find((one) => fits(one)) ?? offer.holds?.find((one) => fits(`${offer.name} ${one}`))
    return because === undefined ? [] : [{ offer, because }]
  })
  return grouped(found, words[0] ?? "")
}

/** Groups stay together, the one with the best match first; in a group, names that begin with the word come first. */
function grouped<T extends Offer>(found: Match<T>[], word: string): Match<T>[] {
  const rank = ({ offer, because }: Match<T>) => (because !== null ? 3 : plain(offer.name).startsWith(word) ? 0 : plain(offer.name).includes(` ${word}`) ? 1 : 2)
  const best = new Map<string, number>()
  for (const one of found) best.set(one.offer.group, Math.min(best.get(one.offer.group) ?? 9, rank(one)))
  const order = [...best.keys()].sort((a, b) => (best.get(a) ?? 9) - (best.get(b) ?? 9))
  return order.flatMap((group) => found.filter(({ offer }) => offer.group === group).sort((a, b) => rank(a) - rank(b)))
}

const mostRecent = 5

/** Moves a choice to the front of the recent ones. */
export function remember(recent: readonly string[], id: string): string[] {
  return [id, ...recent.filter((other) => other !== id)].slice(0, mostRecent)
}

/** Without typed text: recent choices come first, under a heading of their own. */
export function recentFirst<T extends Offer>(offers: readonly T[], recent: readonly string[], group: string): T[] {
  const lately = recent.flatMap((id) => offers.find((offer) => offer.id === id) ?? [])
  return [...lately.map((offer) => ({ ...offer, group })), ...offers.filter((offer) => !lately.includes(offer))]
}
