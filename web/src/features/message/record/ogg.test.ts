import { describe, expect, it } from "vitest"
import { oggChecksum, opusHead, opusLengthMs, packetSamples, writeOgg } from "./ogg"
import { readWebm } from "./webm"

const ascii = (text: string) => [...text].map((sign) => sign.charCodeAt(0))
const element = (id: number[], body: number[]) => [...id, 0x10 | (body.length >> 24), (body.length >> 16) & 255, (body.length >> 8) & 255, body.length & 255, ...body]
const unknown = [0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]
const head = opusHead(1, 312)
/** A packet of 20 ms. */
const packet = (length: number, fill: number) => [0x78, ...Array<number>(length - 1).fill(fill)]
const block = (body: number[], id = 0xa3) => element([id], [0x81, 0, 0, 0x80, ...body])

/** As MediaRecorder writes it: segment and clusters without a size. */
function webm(packets: number[][]): Uint8Array {
  const tracks = element([0x16, 0x54, 0xae, 0x6b], element([0xae], [...element([0xd7], [1]), ...element([0x63, 0xa2], [...head])]))
  const half = Math.ceil(packets.length / 2)
  const cluster = (some: number[][]) => [0x1f, 0x43, 0xb6, 0x75, ...unknown, ...element([0xe7], [0]), ...some.flatMap((one, i) => (i === 1 ? element([0xa0], block(one, 0xa1)) : block(one)))]
  return Uint8Array.from([...element([0x1a, 0x45, 0xdf, 0xa3], ascii("webm")), 0x18, 0x53, 0x80, 0x67, ...unknown, ...tracks, ...cluster(packets.slice(0, half)), ...cluster(packets.slice(half))])
}

interface Page {
  flags: number
  granule: number
  no: number
  packets: Uint8Array[]
}

/** Reads an Ogg file back, and checks the sum of each page. */
function pages(file: Uint8Array): Page[] {
  const all: Page[] = []
  for (let at = 0; at < file.length; ) {
    expect(String.fromCharCode(...file.subarray(at, at + 4))).toBe("OggS")
    const view = new DataView(file.buffer, file.byteOffset + at)
    const laces = file.subarray(at + 27, at + 27 + (file[at + 26] ?? 0))
    const length = 27 + laces.length + laces.reduce((sum, lace) => sum + lace, 0)
    const bare = file.slice(at, at + length)
    bare.fill(0, 22, 26)
    expect(view.getUint32(22, true)).toBe(oggChecksum(bare))
    const packets: Uint8Array[] = []
    let from = at + 27 + laces.length
    let size = 0
    for (const lace of laces) {
      size += lace
      if (lace === 255) continue
      packets.push(file.slice(from, from + size))
      from += size
      size = 0
    }
    all.push({ flags: file[at + 5] ?? 0, granule: Number(view.getBigUint64(6, true)), no: view.getUint32(18, true), packets })
    at += length
  }
  return all
}

describe("a recording becomes an Ogg file", () => {
  const sent = [packet(80, 1), packet(255, 2), packet(510, 3), packet(1, 4), packet(1300, 5), ...Array.from({ length: 120 }, (_, i) => packet(100, i))]
  const read = readWebm(webm(sent))
  it("all packets are read", () => {
    expect(read.head).toEqual(head)
    expect(read.packets).toEqual(sent.map((one) => Uint8Array.from(one)))
  })
  it("and written, byte by byte, with head and tags on pages of their own", () => {
    const all = pages(writeOgg(read, 7))
    expect(all.map(({ no }) => no)).toEqual(all.map((_, i) => i))
    expect(all[0]).toMatchObject({ flags: 2, granule: 0, packets: [head] })
    expect(String.fromCharCode(...(all[1]?.packets[0]?.subarray(0, 8) ?? []))).toBe("OpusTags")
    expect(all.slice(2).flatMap(({ packets }) => packets)).toEqual(read.packets)
    expect(all.at(-1)).toMatchObject({ flags: 4, granule: sent.length * 960 })
    for (const [i, page] of all.entries()) if (i > 2) expect(page.granule - (all[i - 1]?.granule ?? 0)).toBeLessThanOrEqual(48_960)
  })
  it("its length leaves out what the decoder skips", () => expect(opusLengthMs(read)).toBe(Math.round((sent.length * 960 - 312) / 48)))
  it("a file that was cut off gives what is whole", () => {
    const whole = webm(sent)
    expect(readWebm(whole.subarray(0, whole.length - 50)).packets.length).toBe(sent.length - 1)
  })
  it.each([["nothing", []], ["no WebM", ascii("not a file at all")], ["no sound", [...webm([])]]])("%s is an error", (_why, bytes) => expect(() => readWebm(Uint8Array.from(bytes))).toThrow())
})

it.each([
  ["20 ms, one frame", [0x78], 960], ["20 ms, SILK", [0x08], 960], ["60 ms, SILK", [0x18], 2880], ["10 ms, hybrid", [0x60], 480], ["2.5 ms, CELT", [0x80], 120], ["two frames", [0x79], 1920], ["three frames", [0x7b, 3], 2880],
])("the length of a packet: %s", (_why, bytes, samples) => expect(packetSamples(Uint8Array.from(bytes))).toBe(samples))

it("the sum is that of the Ogg specification", () => expect(oggChecksum(Uint8Array.from(ascii("123456789")))).toBe(0x89a1897f))
