import { readFile, removeFile, writeFile } from "@/shared/lib/file-store"
import { readJson, writeJson } from "@/shared/lib/storage"
import type { Outgoing } from "./outgoing"

/**
 * What is on its way to the server, kept in this browser until it is there: its tab may end before, by a crash or by a
 * phone that wants the memory. A lock goes with the tab, so that another tab takes up only what nobody sends. Without
 * locks (plain http off this machine) two tabs may send the same message; the server takes a client_id once.
 *
 * Laid out as drafts are (draft.ts): a record in the local storage names its photos, which are files under its key.
 */
type Stored = Pick<Outgoing, "conversation_id" | "text" | "entities" | "reply_to" | "created_at"> & {
  photos: readonly string[]
  /** Why the server refused it: then it is not sent again by itself. */
  refused: string | null
}

const prefix = "switchboard.outgoing."
const keyOf = (owner: number, client_id: string) => `${prefix}${owner}.${client_id}`
const fileKey = (key: string, photo: string) => `${key}#${photo}`
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

/** Keeps its words at once, or with its photos as soon as these are kept. `wanted` tells whether it is still to be sent. */
export async function keep(owner: number, item: Outgoing, wanted: () => boolean): Promise<void> {
  const key = keyOf(owner, item.client_id)
  const { conversation_id, text, entities, reply_to, created_at, photos, state, waits, error } = item
  const record: Stored = { conversation_id, text, entities, reply_to, created_at, photos: photos.map(({ id }) => id), refused: state === "failed" && !waits ? error : null }
  if (!releases.has(item.client_id)) void claim(item.client_id)
  if (readJson(key) === null && photos.length > 0) {
    const kept = await Promise.all(photos.map(({ id, file }) => writeFile(fileKey(key, id), file)))
    if (!wanted() || kept.includes(false)) return forget(owner, item)
  }
  writeJson(key, record)
}

export function forget(owner: number, { client_id, photos }: Pick<Outgoing, "client_id" | "photos">): void {
  const key = keyOf(owner, client_id)
  writeJson(key, null)
  for (const { id } of photos) void removeFile(fileKey(key, id))
  releases.get(client_id)?.()
  releases.delete(client_id)
}

/** How much this operator has on its way, in all tabs. */
export const countKept = (owner: number): number => keys(`${prefix}${owner}.`).length

/** Removes the records of everyone but `owner`; their photos go with those that no record names. */
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
  const stored = readJson<Stored>(key)
  if (!stored) {
    releases.get(client_id)?.()
    releases.delete(client_id)
    return null
  }
  const { photos: ids, refused, ...said } = stored
  const files = await Promise.all(ids.map((id) => readFile(fileKey(key, id))))
  const photos = files.flatMap((file, i) => (file ? [{ id: ids[i] ?? "", file, url: URL.createObjectURL(file) }] : []))
  return { ...said, client_id, photos, state: "failed", error: refused, waits: refused === null, progress: 0 }
}
