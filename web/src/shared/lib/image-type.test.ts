import { describe, expect, it } from "vitest"
import { asImage, imageType } from "./image-type"

const bytes = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0))
const jpeg = bytes("\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01")

describe("a picture by its bytes", () => {
  it.each([
    ["a JPEG", "\xff\xd8\xff\xe1....Exif", "image/jpeg"],
    ["a PNG", "\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "image/png"],
    ["a GIF", "GIF89a......", "image/gif"],
    ["a WebP", "RIFF\x24\0\0\0WEBPVP8 ", "image/webp"],
    ["another RIFF file", "RIFF\x24\0\0\0WAVEfmt ", undefined],
    ["a PDF", "%PDF-1.7 ...", undefined],
    ["a HEIC", "\0\0\0\x18ftypheic", undefined],
    ["nothing", "", undefined],
  ])("%s", (_, head, mime) => expect(imageType(bytes(head))?.mime).toBe(mime))
})

describe("a file", () => {
  it.each([
    ["without a type", new File([jpeg], "IMG_1.JPG"), "IMG_1.JPG"],
    ["without a type and a name", new File([jpeg], ""), "photo.jpg"],
    ["with another picture's type", new File([jpeg], "shot", { type: "image/png" }), "shot.jpg"],
    ["with its own type", new File([jpeg], "a.jpg", { type: "image/jpeg" }), "a.jpg"],
  ])("%s is taken as what it is", async (_, file, name) => {
    const image = await asImage(file)
    expect([image?.type, image?.name, image?.size]).toEqual(["image/jpeg", name, jpeg.length])
  })
  it("that only claims to be a picture is not taken", async () => expect(await asImage(new File(["%PDF-1.7"], "a.jpg", { type: "image/jpeg" }))).toBe(null))
})
