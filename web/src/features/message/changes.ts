import type { File } from "@/contract"
import type { Catalogue } from "@/shared/i18n"
import { formatBytes, formatLength } from "@/shared/i18n/units"
import type { Locale } from "@/shared/lib/prefs"
import { contentName, hasContent, kindName } from "@/shared/lib/words"
import { diffWords, isChanged, type DiffPart } from "./diff"
import { pointText } from "./pieces/point"
import type { State } from "./view"

/** What differs between two versions of a message. Null where nothing does. */
export interface Changes {
  kind: { before: string; after: string } | null
  /** The names of the files. */
  files: readonly DiffPart[] | null
  /** A place, a poll's options, a checklist's tasks, as lines. */
  facts: readonly DiffPart[] | null
  words: readonly DiffPart[] | null
  formatting: boolean
  /** Spoiler, or where the caption is. */
  display: boolean
  nothing: boolean
}

const nameOf = ({ kind, content }: State, t: Catalogue) => (kind === "text" ? t.message.diff.text : hasContent(kind) ? contentName(content, t, kind) : kindName(kind))

/** The facts of a version as lines that a person can compare. */
export function factsOf({ location, contact, poll, checklist, audio, sticker, dice, game, invoice, web_app_data: data }: State): string {
  const lines = [
    location && [location.title, location.address, pointText(location)],
    contact && [[contact.first_name, contact.last_name].filter(Boolean).join(" "), contact.phone_number],
    poll && [poll.question, ...poll.options.map(({ text, voters }) => `• ${text}: ${voters}`)],
    checklist && [checklist.title, ...checklist.tasks.map(({ text, done }) => `${done ? "☑" : "☐"} ${text}`)],
    audio && [[audio.performer, audio.title].filter(Boolean).join(" – ")],
    sticker && [sticker.emoji],
    dice && [`${dice.emoji} ${dice.value}`],
    game && [game.title, game.description],
    invoice && [invoice.title, invoice.description],
    data && [data.button_text, data.data],
  ]
  return lines.flatMap((some) => some ?? []).filter(Boolean).join("\n")
}

function fileLine({ name, size, duration_ms }: File, locale: Locale): string {
  const facts = [duration_ms ? formatLength(duration_ms) : "", size > 0 ? formatBytes(locale, size) : ""].filter(Boolean)
  return facts.length > 0 ? `${name} (${facts.join(", ")})` : name
}

/** Files are the same by their ids; an unchanged one keeps its row. */
function filesDiff(before: readonly File[], after: readonly File[], locale: Locale): DiffPart[] | null {
  const has = (files: readonly File[], { id }: File) => files.some((file) => file.id === id)
  const parts = [
    ...before.filter((file) => !has(after, file)).map((file): DiffPart => ({ type: "removed", text: fileLine(file, locale) })),
    ...after.filter((file) => !has(before, file)).map((file): DiffPart => ({ type: "added", text: fileLine(file, locale) })),
  ]
  return parts.length > 0 ? parts.flatMap((part, i) => (i > 0 ? [{ type: "same" as const, text: " " }, part] : [part])) : null
}

function wordsDiff(before: string, after: string): DiffPart[] | null {
  if (before === after) return null
  const parts = diffWords(before, after)
  return isChanged(parts) ? parts : null
}

export function changesOf(before: State, after: State, t: Catalogue, locale: Locale): Changes {
  const moved = before.kind !== after.kind || before.content !== after.content
  const files = filesDiff(before.files, after.files, locale)
  const facts = wordsDiff(factsOf(before), factsOf(after))
  const words = wordsDiff(before.text, after.text)
  const formatting = words === null && JSON.stringify(before.entities) !== JSON.stringify(after.entities)
  const shown = ({ display }: State) => `${display?.spoiler ?? false} ${display?.caption_above ?? false}`
  const display = shown(before) !== shown(after)
  return {
    kind: moved ? { before: nameOf(before, t), after: nameOf(after, t) } : null,
    files, facts, words, formatting, display,
    nothing: !moved && !files && !facts && !words && !formatting && !display,
  }
}
