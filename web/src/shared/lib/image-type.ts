/** The type of a picture by its first bytes. The browser's type depends on the file's name and the system, and may be empty or wrong. */
export interface ImageType {
  mime: "image/jpeg" | "image/png" | "image/webp" | "image/gif"
  extension: string
}

export const imageHeadBytes = 12

const kinds: readonly (ImageType & { fits: (head: string) => boolean })[] = [
  { mime: "image/jpeg", extension: "jpg", fits: (head) => head.startsWith("\xff\xd8\xff") },
  { mime: "image/png", extension: "png", fits: (head) => head.startsWith("\x89PNG\r\n\x1a\n") },
  { mime: "image/gif", extension: "gif", fits: (head) => head.startsWith("GIF87a") || head.startsWith("GIF89a") },
  { mime: "image/webp", extension: "webp", fits: (head) => head.startsWith("RIFF") && head.slice(8, 12) === "WEBP" },
]

export function imageType(head: Uint8Array): ImageType | null {
  const text = String.fromCharCode(...head.subarray(0, imageHeadBytes))
  const kind = kinds.find(({ fits }) => fits(text))
  return kind ? { mime: kind.mime, extension: kind.extension } : null
}

/** The file with the type and name extension of its content; null if it is not a picture that can be sent. */
export async function asImage(file: File): Promise<File | null> {
  const type = imageType(new Uint8Array(await file.slice(0, imageHeadBytes).arrayBuffer()))
  if (!type) return null
  if (file.type === type.mime) return file
  const name = /\.(jpe?g|png|gif|webp)$/i.test(file.name) ? file.name : `${file.name || "photo"}.${type.extension}`
  return new File([file], name, { type: type.mime, lastModified: file.lastModified })
}
