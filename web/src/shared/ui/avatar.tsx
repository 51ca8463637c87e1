import { useState } from "react"
import { cn } from "../lib/cn"

// Pairs of muted colours with a contrast of at least 4.5:1 in both themes.
const tints = [
  "bg-[#dbe6ff] text-[#1f46b8] dark:bg-[#213164] dark:text-[#b6c8ff]",
  "bg-[#d8f2e6] text-[#0d664a] dark:bg-[#123a2c] dark:text-[#8de0bd]",
  "bg-[#fde6cf] text-[#8a4405] dark:bg-[#44290f] dark:text-[#ffc48c]",
  "bg-[#fbdfe8] text-[#9b2150] dark:bg-[#471b2d] dark:text-[#ffb0ca]",
  "bg-[#e9e0fd] text-[#5b2fb0] dark:bg-[#332255] dark:text-[#d0bcff]",
  "bg-[#d5eff5] text-[#0b5f74] dark:bg-[#10363f] dark:text-[#8edcec]",
  "bg-[#f3eccb] text-[#6b5300] dark:bg-[#3a3010] dark:text-[#ecd57c]",
] as const

export function initials(name: string): string {
  const words = name.trim().split(/\s+/).map((word) => word.replace(/^[^\p{L}\p{N}]+/u, "")).filter(Boolean)
  if (words.length === 0) return firstSign(emoji.exec(name)?.[0] ?? "?")
  const letters = words.length > 1 ? [words[0], words.at(-1)] : [words[0]]
  return letters.map((word) => firstSign(word ?? "")).join("").toUpperCase()
}

/** The first emoji of a name without letters, with the characters joined to it. */
const emoji = /[\p{Extended_Pictographic}\p{Regional_Indicator}].*/u
/** Two characters of which the first is a whole symbol, so that the browser's tables of grapheme clusters are not needed. */
const single = /^[ -\u02ff\u0400-\u0481\u048a-\u0556](?:[ -\u02ff\u0400-\u0481\u048a-\u0556]|$)/
let segmenter: Intl.Segmenter | undefined

function firstSign(text: string): string {
  if (single.test(text) || typeof Intl.Segmenter === "undefined") return [...text][0] ?? ""
  segmenter ??= new Intl.Segmenter()
  return [...segmenter.segment(text)][0]?.segment ?? ""
}

interface AvatarProps {
  name: string
  /** The id determines the colour, which therefore survives a change of the name. */
  id: number
  /** The file of the person's picture, which lies over the initials once it has loaded. */
  photo?: number | null
  className?: string
}

export function Avatar({ name, id, photo, className }: AvatarProps) {
  return (
    <span
      aria-hidden="true"
      className={cn("relative grid size-10 shrink-0 place-items-center rounded-full text-sm font-semibold select-none", tints[Math.abs(id * 5) % tints.length], className)}
    >
      {initials(name)}
      {photo ? <Picture key={photo} file={photo} /> : null}
    </span>
  )
}

/** Unseen until it has loaded, and gone if it cannot: the initials below show instead. */
function Picture({ file }: { file: number }) {
  const [state, setState] = useState<"loading" | "shown" | "failed">("loading")
  if (state === "failed") return null
  return (
    <img
      src={`/api/files/${file}?size=thumb`}
      alt=""
      loading="lazy"
      decoding="async"
      draggable={false}
      data-testid="avatar-photo"
      data-state={state}
      className={cn("absolute inset-0 size-full rounded-full object-cover", state === "loading" && "opacity-0")}
      onLoad={() => setState("shown")}
      onError={() => setState("failed")}
    />
  )
}
