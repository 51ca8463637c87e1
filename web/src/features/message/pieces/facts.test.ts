import { describe, expect, it } from "vitest"
import { endingOf, familyOf } from "./family"
import { percentOf } from "./percent"
import { liveEnd, mapUrl, pointText } from "./point"
import { readable } from "./readable"
import { harmless, readSticker } from "./tgs"

it.each([
  ["act.pdf", "application/octet-stream", "pdf"], ["Смета.XLSX", "", "sheet"], ["photo.jpg", "image/jpeg", "picture"], ["scan", "image/png", "picture"],
  ["no ending", "text/x-log", "text"], ["data.tar.gz", "application/gzip", "archive"], [".env", "application/octet-stream", "other"], ["", "", "other"],
])("%s of %s is %s", (name, mime, family) => expect(familyOf(name, mime)).toBe(family))

it.each([["act.pdf", "PDF"], ["no ending", ""], ["v1. draft", ""], ["архив.рар", "РАР"], ["a.b.verylongending", ""], [".env", ""]])("%s ends in %j", (name, ending) => expect(endingOf(name)).toBe(ending))

it.each([[0, 0, 0], [1, 3, 33], [2, 3, 67], [5, 4, 100]])("%d of %d are %d percent", (some, all, percent) => expect(percentOf(some, all)).toBe(percent))

describe("a place", () => {
  const vienna = { latitude: 48.2082, longitude: -16.3738 }
  it("has its coordinates and a map", () => {
    expect(pointText(vienna)).toBe("48.20820, -16.37380")
    expect(mapUrl(vienna)).toBe("https://www.openstreetmap.org/?mlat=48.20820&mlon=-16.37380#map=16/48.20820/-16.37380")
  })
  it("is live for a while, or until stopped", () => {
    const at = "2026-01-01T12:00:00Z"
    expect(liveEnd(at, 900_000, Date.parse("2026-01-01T12:10:00Z"))).toEqual({ forever: false, over: false, iso: "2026-01-01T12:15:00.000Z" })
    expect(liveEnd(at, 900_000, Date.parse("2026-01-01T12:20:00Z")).over).toBe(true)
    expect(liveEnd(at, 0x7fffffff * 1000).forever).toBe(true)
  })
})

it.each([['{"a":1}', '{\n  "a": 1\n}'], ["{broken", "{broken"], ["plain words", "plain words"], ["12", "12"]])("%s is read as %j", (data, shown) => expect(readable(data)).toBe(shown))

describe("an animated sticker", () => {
  const packed = async (text: string) => new Response(new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"))).blob()
  const layers = [{ ty: 4 }, { ty: 2, refId: "picture" }, { ty: 5 }]
  it("is unpacked, and is taken as it is when it was not packed", async () => {
    const text = JSON.stringify({ v: "5", layers: [{ ty: 4 }] })
    for (const file of [await packed(text), new Blob([text])]) expect(await readSticker(file)).toMatchObject({ layers: [{ ty: 4 }] })
  })
  it("loses what would fetch or write something", () => {
    const whole = { layers, fonts: { list: [{ fPath: "https://evil.example" }] }, assets: [{ id: "picture", u: "https://evil.example/", p: "x.png" }, { id: "part", layers }] }
    expect(harmless(whole)).toEqual({ fonts: undefined, chars: undefined, layers: [{ ty: 4 }], assets: [{ id: "part", layers: [{ ty: 4 }] }] })
  })
  it("does not unpack without end", async () => {
    await expect(readSticker(await packed(" ".repeat(8 << 20)))).rejects.toThrow("too large")
  })
  it.each(["[]", '{"layers":1}', "no json"])("%s is none", async (text) => {
    await expect(readSticker(new Blob([text]))).rejects.toThrow()
  })
})
