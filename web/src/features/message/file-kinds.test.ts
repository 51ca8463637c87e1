import { describe, expect, it } from "vitest"
import { abilitiesOf } from "./abilities"
import { kindsOfFile, named, typeOf, type FileType } from "./file-kinds"

const bytes = (text: string) => Uint8Array.from(text, (sign) => sign.charCodeAt(0))
const ogg = `OggS${"\0".repeat(24)}OpusHead`

describe("a file's type is in its first bytes", () => {
  it.each([
    ["a photo of a camera", "\xff\xd8\xff\xe1", "x.bin", "jpeg"], ["a screenshot", "\x89PNG\r\n\x1a\n", "", "png"], ["a sticker's picture", "RIFF....WEBPVP8 ", "", "webp"],
    ["a GIF", "GIF89a", "", "gif"], ["a video", "\0\0\0\x20ftypisom", "", "mp4"], ["QuickTime", "\0\0\0\x14ftypqt  ", "", "mov"], ["music of Apple", "\0\0\0\x1cftypM4A ", "", "m4a"],
    ["HEIC is no photo that browsers show", "\0\0\0\x18ftypheic", "a.heic", "other"], ["MP3 with tags", "ID3\x04", "", "mp3"], ["MP3 without", "\xff\xfb\x90\x64", "", "mp3"],
    ["AAC is no MP3", "\xff\xf1\x50\x80", "", "other"], ["Opus", ogg, "", "ogg"], ["Vorbis", `OggS${"\0".repeat(24)}\x01vorbis`, "", "other"], ["WebM", "\x1a\x45\xdf\xa3", "", "webm"],
    ["an animated sticker", "\x1f\x8b\x08", "hi.tgs", "tgs"], ["any other gzip", "\x1f\x8b\x08", "log.gz", "other"], ["a PDF with a photo's name", "%PDF-1.7", "a.jpg", "other"], ["nothing", "", "", "other"],
  ])("%s", (_why, head, name, expected) => expect(typeOf(bytes(head), name)).toBe(expected))
})

describe("as what it can be sent", () => {
  const small = 1000
  const [telegram, app] = [abilitiesOf("telegram"), abilitiesOf("mobile")]
  it.each([
    ["a photo", "jpeg", small, { width: 640, height: 480 }, ["photo", "document"]],
    ["one that is too large is a file", "jpeg", 11 << 20, { width: 640, height: 480 }, ["document"]],
    ["so is one that is too long", "png", small, { width: 3000, height: 100 }, ["document"]],
    ["and one with too many pixels", "png", small, { width: 9000, height: 2000 }, ["document"]],
    ["a GIF moves", "gif", small, {}, ["animation", "document"]],
    ["a video", "mp4", small, { width: 640, height: 480, duration_ms: 5000 }, ["video", "animation", "document"]],
    ["a square one can be round", "mp4", small, { width: 384, height: 384, duration_ms: 5000 }, ["video", "animation", "video_note", "document"]],
    ["but not a long one", "mp4", small, { width: 384, height: 384, duration_ms: 61_000 }, ["video", "animation", "document"]],
    ["QuickTime is a file", "mov", small, {}, ["document"]],
    ["music", "mp3", small, {}, ["audio", "voice", "document"]],
    ["Opus can be a voice message", "ogg", small, {}, ["document", "voice"]],
    ["an animated sticker", "tgs", small, {}, ["sticker", "document"]],
    ["a small WebP can be a sticker", "webp", small, { width: 512, height: 512 }, ["photo", "document", "sticker"]],
    ["anything else", "other", small, {}, ["document"]],
  ] as [string, FileType, number, object, string[]][])("%s", (_why, type, size, facts, expected) => expect(kindsOfFile(type, size, facts, telegram)).toEqual(expected))

  it.each([["jpeg", ["photo"]], ["gif", ["photo"]], ["mp4", []], ["other", []]] as [FileType, string[]][])("to an app, which carries photos only: %s", (type, expected) => expect(kindsOfFile(type, small, {}, app)).toEqual(expected))

  it("gets an ending and a type, and keeps its own name", () => {
    expect(named(new File(["x"], "shot", { type: "" }), "png")).toMatchObject({ name: "shot.png", type: "image/png" })
    expect(named(new File(["x"], "IMG.JPG", { type: "" }), "jpeg")).toMatchObject({ name: "IMG.JPG", type: "image/jpeg" })
    const same = new File(["x"], "a.pdf", { type: "application/pdf" })
    expect(named(same, "other")).toBe(same)
  })
})
