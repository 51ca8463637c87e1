import { readFile, removeFile, writeFile } from "@/shared/lib/file-store"
import { readJson, writeJson } from "@/shared/lib/storage"
import { noAnswer, type OutgoingFile } from "./answer"
import type { Outgoing } from "./outgoing"

/**
 * What is on its way to the server, kept in this browser until it is there: its tab may end before, by a crash or by a
 * phone that wants the memory. A lock goes with the tab, so that another tab takes up only what nobody sends. Without
 * locks (plain http off this machine) two tabs may send the same message; the server takes a client_id once.
 *
 * Laid out as drafts are (draft.ts): a record in the local storage names its files, which are stored under its key.
 */
type Stored = Omit<Outgoing, "client_id" | "files" | "state" | "error" | "waits" | "progress"> & {
  files: readonly Pick<OutgoingFile, "id" | "as" | "facts">[]
  /** Why the server refused it: then it is not sent again by itself. */
  refused: string | null
}

const prefix = "switchboard.outgoing."
const keyOf = (owner: number, client_id: string) => `${prefix}${owner}.${client_id}`
const fileKey = (key: string, file: string) => `${key}#${file}`
const releases = new Map<string, () => void>()

function keys(start: string): string[] {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(start))
  } catch {
    return []
  }
}

/** False when another tab has it. Held until `forget`, or the end of this tab. */
function claim(client_id: string): Promise<boolean> {
  if (!("locks" in navigator)) return Promise.resolve(true)
  return new Promise((resolve) => {
    void navigator.locks.request(`${prefix}${client_id}`, { ifAvailable: true }, (lock) => {
      resolve(lock !== null)
      return lock && new Promise<void>((release) => releases.set(client_id, release))
    })
  })
}

/** Keeps its words at once, or with its files as soon as these are kept. `wanted` tells whether it is still to be sent. */
export async function keep(owner: number, item: Outgoing, wanted: () => boolean): Promise<void> {
  const key = keyOf(owner, item.client_id)
  const { client_id, conversation_id, text, entities, files, content, reply_to, quote, options, buttons, created_at, state, waits, error } = item
  const record: Stored = { conversation_id, text, entities, content, reply_to, quote, options, buttons, created_at, files: files.map(({ id, as, facts }) => ({ id, as, facts })), refused: state === "failed" && !waits ? error : null }
  if (!releases.has(client_id)) void claim(client_id)
  if (readJson(key) === null && files.length > 0) {
    const kept = await Promise.all(files.map(({ id, file }) => writeFile(fileKey(key, id), file)))
    if (!wanted() || kept.includes(false)) return forget(owner, item)
  }
  writeJson(key, record)
}

export function forget(owner: number, { client_id, files }: Pick<Outgoing, "client_id" | "files">): void {
  const key = keyOf(owner, client_id)
  writeJson(key, null)
  for (const { id } of files) void removeFile(fileKey(key, id))
  releases.get(client_id)?.()
  releases.delete(client_id)
}

/** How much this operator has on its way, in all tabs. */
export const countKept = (owner: number): number => keys(`${prefix}${owner}.`).length

/** Removes the records of everyone but `owner`; their files go with those that no record names. */
export function forgetOthers(owner: number | null): void {
  for (const key of keys(prefix)) if (owner === null || !key.startsWith(`${prefix}${owner}.`)) writeJson(key, null)
}

/** What tabs that have ended left unsent, the oldest first. */
export async function takeLeft(owner: number): Promise<readonly Outgoing[]> {
  const start = `${prefix}${owner}.`
  const left = await Promise.all(keys(start).map((key) => take(key, key.slice(start.length))))
  return left.filter((item) => item !== null).sort((a, b) => a.created_at.localeCompare(b.created_at))
}

async function take(key: string, client_id: string): Promise<Outgoing | null> {
  if (!(await claim(client_id))) return null
  // Its tab may have been done with it in this moment.
  const stored = readJson<Omit<Stored, "files"> & { files?: Stored["files"]; photos?: readonly string[] }>(key)
  if (!stored) {
    releases.get(client_id)?.()
    releases.delete(client_id)
    return null
  }
  const { files: named = (stored.photos ?? []).map((id) => ({ id, as: "photo" as const, facts: {} })), refused, ...said } = stored
  const found = await Promise.all(named.map(async (about) => ({ about, file: await readFile(fileKey(key, about.id)) })))
  const files = found.flatMap(({ about, file }) => (file ? [{ ...about, file, url: URL.createObjectURL(file) }] : []))
  return { ...noAnswer, ...said, client_id, files, state: "failed", error: refused, waits: refused === null, progress: 0 }
}
