import { readJson, writeJson } from "@/shared/lib/storage"
import { playTone } from "@/shared/lib/tone"
import { burstMs, maySound, type SoundMark } from "./notify-judge"

/**
 * One of several tabs sounds, once for a burst. The first tab that hears of a message takes the lock and keeps it until
 * the burst is over; meanwhile the others stay silent. A lock goes with its tab. (What tabs write into storage reaches
 * the others too late for this.)
 */
const lockName = "switchboard.sound"
let mark: SoundMark | null = null
let holding = false

export function soundOnce(): void {
  if (!("locks" in navigator)) return soundWithoutLocks()
  if (holding) return sound()
  void navigator.locks.request(lockName, { ifAvailable: true }, async (lock) => {
    if (!lock) return
    holding = true
    sound()
    await burstEnds()
    holding = false
  })
}

function sound(): void {
  const now = Date.now()
  const sounds = maySound(mark, now)
  mark = { told: now, sounded: sounds ? now : (mark?.sounded ?? 0) }
  if (sounds) playTone()
}

async function burstEnds(): Promise<void> {
  for (let left = burstMs; left > 0; left = (mark?.told ?? 0) + burstMs - Date.now()) await new Promise((resolve) => setTimeout(resolve, left))
}

/** Plain http off this machine has no locks: two tabs may then sound together now and then. */
function soundWithoutLocks(): void {
  mark = readJson<SoundMark>(lockName)
  sound()
  writeJson(lockName, mark)
}
