import { limits } from "@/contract"
import type { Abilities } from "./abilities"
import type { FileFacts, FileKind } from "./answer"

/** By a file's first bytes, as the server judges it: the browser's type depends on the file's name and the system. */
export type FileType = "jpeg" | "png" | "webp" | "gif" | "mp4" | "mov" | "webm" | "mp3" | "m4a" | "ogg" | "tgs" | "other"

export const headBytes = 40

export function typeOf(head: Uint8Array, name: string): FileType {
  const text = String.fromCharCode(...head.subarray(0, headBytes))
  if (text.startsWith("\xff\xd8\xff")) return "jpeg"
  if (text.startsWith("\x89PNG\r\n\x1a\n")) return "png"
  if (text.startsWith("GIF87a") || text.startsWith("GIF89a")) return "gif"
  if (text.startsWith("RIFF") && text.slice(8, 12) === "WEBP") return "webp"
  if (text.slice(4, 8) === "ftyp") {
    const brand = text.slice(8, 12)
    if (/^M4[AB] /.test(brand)) return "m4a"
    if (brand === "qt  ") return "mov"
    return /^(?:heic|heix|hevc|mif1|msf1|avif|avis|crx )/.test(brand) ? "other" : "mp4"
  }
  if (text.startsWith("ID3") || (head[0] === 0xff && ((head[1] ?? 0) & 0xe6) === 0xe2)) return "mp3"
  if (text.startsWith("OggS")) return text.slice(28, 36) === "OpusHead" ? "ogg" : "other"
  if (text.startsWith("\x1a\x45\xdf\xa3")) return "webm"
  if (text.startsWith("\x1f\x8b") && /\.tgs$/i.test(name)) return "tgs"
  return "other"
}

const endings: Record<Exclude<FileType, "other">, { mime: string; ending: string }> = {
  jpeg: { mime: "image/jpeg", ending: "jpg" }, png: { mime: "image/png", ending: "png" }, webp: { mime: "image/webp", ending: "webp" },
  gif: { mime: "image/gif", ending: "gif" }, mp4: { mime: "video/mp4", ending: "mp4" }, mov: { mime: "video/quicktime", ending: "mov" },
  webm: { mime: "video/webm", ending: "webm" }, mp3: { mime: "audio/mpeg", ending: "mp3" }, m4a: { mime: "audio/mp4", ending: "m4a" },
  ogg: { mime: "audio/ogg", ending: "ogg" }, tgs: { mime: "application/x-tgsticker", ending: "tgs" },
}

/** The file with the type of its content, and a name that has an ending. */
export function named(file: File, type: FileType): File {
  if (type === "other") return file
  const { mime, ending } = endings[type]
  const name = /[^.]\.[\p{L}\p{N}]{1,8}$/u.test(file.name) ? file.name : `${file.name || "file"}.${ending}`
  return file.type === mime && file.name === name ? file : new File([file], name, { type: mime, lastModified: file.lastModified })
}

const stickerMaxBytes = { webp: 512 << 10, tgs: 64 << 10, webm: 256 << 10 }
const noteMaxMs = 60_000

const isPicture = (type: FileType) => type === "jpeg" || type === "png" || type === "webp"

/** Telegram refuses larger and longer pictures as photos. */
export function fitsPhoto(size: number, { width = 1, height = 1 }: FileFacts): boolean {
  const sides = width + height <= limits.photo_sides_max && Math.max(width, height) <= limits.photo_ratio_max * Math.min(width, height)
  return size <= limits.photo_max_bytes && sides
}

/** As what a file can be sent, best first: empty if the channel cannot carry it. */
export function kindsOfFile(type: FileType, size: number, facts: FileFacts, channel: Abilities): readonly FileKind[] {
  const { width, height, duration_ms = 0 } = facts
  const kinds: FileKind[] = []
  if (type === "gif") kinds.push("animation")
  if ((isPicture(type) || (type === "gif" && !channel.carries("animation"))) && fitsPhoto(size, facts)) kinds.push("photo")
  if (type === "mp4") kinds.push("video", "animation")
  if (type === "mp4" && width !== undefined && width === height && duration_ms <= noteMaxMs) kinds.push("video_note")
  if (type === "mp3" || type === "m4a") kinds.push("audio", "voice")
  if (type === "tgs") kinds.push("sticker")
  kinds.push("document")
  if (type === "ogg") kinds.push("voice")
  if ((type === "webp" || type === "webm") && size <= stickerMaxBytes[type]) kinds.push("sticker")
  return kinds.filter((kind) => channel.carries(kind))
}
