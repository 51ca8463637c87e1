import { onSessionEnd } from "@/features/access"
import { readJson, writeJson } from "@/shared/lib/storage"
import { playTone } from "@/shared/lib/tone"
import { burstMs, freshMs, maySound, type SoundMark } from "./judge"

/**
 * One of several tabs plays the sound, once per burst. The first tab that receives a message takes the lock and keeps it until
 * the end of the burst; meanwhile the others are silent. The browser releases the lock of a closed tab. (The storage would be too
 * slow: a write reaches other tabs late.) A tab that receives the message only after the burst, because it had no connection for
 * longer, finds in the storage that the message was reported.
 */
const lockName = "switchboard.sound"
const toldName = "switchboard.told"
let mark: SoundMark | null = null
let holding = false

/** The last event that the tabs have reported, and when. */
interface Told {
  seq: number
  at: number
}

/** `seq`: the last one of the events to report. */
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

/** The entry expires when its events would be too old to report: another database on the same address begins with lower numbers. */
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

/** With plain http to another machine there are no locks, and sometimes two tabs play the sound. */
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
