import { useQuery } from "@tanstack/react-query"
import type { BotProfile, BotProfileCommand, BotProfilePart, BotProfilePush, BotProfileStep, BotProfileWish, BotProfileWords } from "@/contract"
import { get, post, put } from "@/shared/api/http"
import { queryClient } from "@/shared/lib/query"

const keyOf = (bot: number) => ["bot-profile", bot] as const
const addressOf = (bot: number) => `/api/bots/${bot}/profile`

/** What the desk wants beside what Telegram shows at this moment. It is asked for anew each time, because @BotFather may change it. */
export function useProfile(bot: number) {
  return useQuery({ queryKey: keyOf(bot), queryFn: ({ signal }) => get<BotProfile>(addressOf(bot), signal), staleTime: 0, gcTime: 0, retry: false, refetchOnWindowFocus: false })
}

export async function saveProfile(bot: number, wish: BotProfileWish): Promise<BotProfile> {
  await put<void>(addressOf(bot), wish)
  return refetchProfile(bot)
}

export async function refetchProfile(bot: number): Promise<BotProfile> {
  const profile = await get<BotProfile>(addressOf(bot))
  queryClient.setQueryData(keyOf(bot), profile)
  return profile
}

export interface Difference {
  part: BotProfilePart
  language: string
}

/** Undefined: Telegram has it already. */
export async function pushDifference(bot: number, difference: Difference): Promise<BotProfileStep | undefined> {
  return (await post<BotProfilePush>(`${addressOf(bot)}/push`, difference)).steps[0]
}

export function differencesOf({ languages, menu_button }: BotProfile): Difference[] {
  const all = languages.flatMap(({ language, differs }) => differs.map((part) => ({ part: part as BotProfilePart, language })))
  return menu_button.differs ? [...all, { part: "menu_button", language: "" }] : all
}

// ---- the form's texts ----

/** A language's texts as they are typed; commands one a line. */
export interface ProfileTexts {
  name: string
  about: string
  description: string
  commands: string
}
export const textFields = ["name", "about", "description"] as const

export const commandLines = (list: readonly BotProfileCommand[]): string => list.map(({ command, description }) => `${command} - ${description}`).join("\n")

/** Null if a line is no command with its description. */
export function parseCommands(text: string): BotProfileCommand[] | null {
  const lines = text.split("\n").map((line) => line.trim()).filter(Boolean)
  const list = lines.map((line) => /^\/?([a-z0-9_]{1,32})\s*[-–—:]\s*(\S.*)$/.exec(line))
  return list.every((found) => found !== null) ? list.map((found) => ({ command: found[1] ?? "", description: found[2] ?? "" })) : null
}

export function textsOf(wanted: BotProfileWords, current: BotProfileWords): ProfileTexts {
  return {
    name: wanted.name ?? current.name ?? "",
    about: wanted.about ?? current.about ?? "",
    description: wanted.description ?? current.description ?? "",
    commands: commandLines(wanted.commands ?? current.commands ?? []),
  }
}

/** What nobody has touched, and the desk did not want before, stays as it is. The commands must be readable. */
export function wishOf(language: string, texts: ProfileTexts, before: ProfileTexts, wanted: BotProfileWords): BotProfileWish["languages"][number] {
  const keep = (field: keyof ProfileTexts) => wanted[field] === null && texts[field] === before[field]
  const wish: BotProfileWish["languages"][number] = { language, commands: keep("commands") ? null : parseCommands(texts.commands) }
  for (const field of textFields) wish[field] = keep(field) ? null : texts[field]
  return wish
}
