/** The group of a file's type; it decides icon and colour. */
export type Family = "pdf" | "text" | "sheet" | "picture" | "video" | "sound" | "archive" | "code" | "other"

const endings: Record<string, Family> = {}
const add = (family: Family, list: string) => list.split(" ").forEach((ending) => (endings[ending] = family))
add("pdf", "pdf")
add("text", "txt md rtf doc docx odt pages epub fb2 log ppt pptx odp key")
add("sheet", "xls xlsx ods csv tsv numbers")
add("picture", "jpg jpeg png webp gif heic heif bmp tif tiff svg psd avif")
add("video", "mp4 mov mkv webm avi m4v 3gp")
add("sound", "mp3 ogg oga opus m4a flac wav aac amr")
add("archive", "zip rar 7z gz tar tgz bz2 xz apk dmg iso")
add("code", "json xml html css js ts py c h sh sql yml yaml toml")

/** The extension in upper case, such as "PDF"; empty if there is none. */
export function endingOf(name: string): string {
  return /[^.\s]\.([\p{L}\p{N}]{1,8})$/u.exec(name)?.[1]?.toUpperCase() ?? ""
}

/** By the extension if it is known, otherwise by the MIME type. */
export function familyOf(name: string, mime: string): Family {
  const known = endings[endingOf(name).toLowerCase()]
  if (known) return known
  if (mime === "application/pdf") return "pdf"
  const [group] = mime.split("/")
  return group === "image" ? "picture" : group === "video" ? "video" : group === "audio" ? "sound" : group === "text" ? "text" : "other"
}
