import { onSessionEnd } from "@/features/access"
import { readJson, writeJson } from "@/shared/lib/storage"
import { playTone } from "@/shared/lib/tone"
import { burstMs, freshMs, maySound, type SoundMark } from "./judge"

/**
 * One of several tabs sounds, once for a burst. The first tab that hears of a message takes the lock and keeps it until
 * the burst is over; meanwhile the others stay silent. A lock goes with its tab. (What tabs write into storage reaches
 * the others too late for this.) A tab that hears of it only after the burst, because it was without connection for longer,
 * finds in the storage that it has been told.
 */
const lockName = "switchboard.sound"
const toldName = "switchboard.told"
let mark: SoundMark | null = null
let holding = false

/** Up to which event the tabs have told, and when. */
interface Told {
  seq: number
  at: number
}

/** For the event `seq`, the last one of those to be told. */
export function soundOnce(seq: number): void {
  if (!("locks" in navigator)) return soundWithoutLocks(seq)
  if (holding) return sound(seq)
  void navigator.locks.request(lockName, { ifAvailable: true }, async (lock) => {
    if (!lock || isTold(seq)) return
    holding = true
    sound(seq)
    await burstEnds()
    holding = false
  })
}

/** Forgotten when no such event would be told any more: another database on the same address begins with lower numbers. */
function isTold(seq: number): boolean {
  const told = readJson<Told>(toldName)
  return told !== null && seq <= told.seq && Math.abs(Date.now() - told.at) < freshMs
}

function sound(seq: number): void {
  const now = Date.now()
  writeJson(toldName, { seq, at: now } satisfies Told)
  const sounds = maySound(mark, now)
  mark = { told: now, sounded: sounds ? now : (mark?.sounded ?? 0) }
  if (sounds) playTone()
}

async function burstEnds(): Promise<void> {
  for (let left = burstMs; left > 0; left = (mark?.told ?? 0) + burstMs - Date.now()) await new Promise((resolve) => setTimeout(resolve, left))
}

/** Plain http off this machine has no locks: two tabs may then sound together now and then. */
function soundWithoutLocks(seq: number): void {
  if (isTold(seq)) return
  mark = readJson<SoundMark>(lockName)
  sound(seq)
  writeJson(lockName, mark)
}

onSessionEnd(() => {
  writeJson(toldName, null)
  writeJson(lockName, null)
})
