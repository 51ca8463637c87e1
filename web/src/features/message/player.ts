import { getPrefs, setPref } from "@/shared/lib/prefs"
import { createStore, useStore } from "@/shared/lib/store"

/**
 * Plays one audio file at a time. The audio element belongs to the page, since bubbles are removed when they are scrolled out
 * of sight; playing stops when the conversation is closed.
 */
interface Sound {
  /** The id of the loaded file; null: none. */
  file: number | null
  playing: boolean
  at: number
  failed: boolean
}

const silence: Sound = { file: null, playing: false, at: 0, failed: false }
const sound = createStore<Sound>(silence)
let audio: HTMLAudioElement | undefined
/** The video message that plays. */
let other: HTMLMediaElement | null = null

const patch = (change: Partial<Sound>) => sound.set((old) => ({ ...old, ...change }))

function element(): HTMLAudioElement {
  if (audio) return audio
  const made = new Audio()
  made.preload = "auto"
  made.addEventListener("play", () => patch({ playing: true }))
  made.addEventListener("pause", () => patch({ playing: false, at: made.currentTime }))
  made.addEventListener("timeupdate", () => patch({ at: made.currentTime }))
  made.addEventListener("ended", () => patch({ playing: false, at: 0 }))
  made.addEventListener("error", () => sound.get().file !== null && patch({ playing: false, failed: true }))
  return (audio = made)
}

function load(file: number): HTMLAudioElement {
  const made = element()
  if (sound.get().file !== file) {
    made.pause()
    made.src = `/api/files/${file}`
    sound.set({ ...silence, file })
  }
  made.playbackRate = getPrefs().speed
  return made
}

export function togglePlaying(file: number): void {
  const made = load(file)
  if (!made.paused) return made.pause()
  other?.pause()
  void made.play().catch(() => {})
}

export function seek(file: number, seconds: number): void {
  const made = load(file)
  made.currentTime = Math.max(0, seconds)
  patch({ at: made.currentTime })
}

/** Pauses everything, for example when the conversation is closed. */
export function stopPlaying(): void {
  audio?.pause()
  other?.pause()
  other = null
}

/** Called by a video message that starts: pauses everything else. */
export function claimSound(video: HTMLMediaElement): void {
  audio?.pause()
  if (other !== video) other?.pause()
  other = video
}

const speeds = [1, 1.5, 2] as const

export function nextSpeed(): void {
  const speed = speeds[(speeds.findIndex((one) => one === getPrefs().speed) + 1) % speeds.length] ?? 1
  setPref("speed", speed)
  if (audio) audio.playbackRate = speed
}

/** The state of this file; it does not change while another one plays. */
export function useSound(file: number): Sound {
  return useStore(sound, (now) => (now.file === file ? now : silence))
}
