import type { OpusStream } from "./webm"

/** Writes Opus packets as an Ogg file (RFC 3533, RFC 7845), which is what a voice message in Telegram is. */
export const opusRate = 48_000
const maxSegments = 255
/** A page holds about a second, so that a player can seek. */
const pageSamples = opusRate

const table = Uint32Array.from({ length: 256 }, (_, i) => {
  let r = i << 24
  for (let bit = 0; bit < 8; bit++) r = r & 0x80000000 ? (r << 1) ^ 0x04c11db7 : r << 1
  return r >>> 0
})

export function oggChecksum(page: Uint8Array): number {
  let crc = 0
  for (const byte of page) crc = ((crc << 8) ^ (table[((crc >>> 24) ^ byte) & 0xff] ?? 0)) >>> 0
  return crc
}

const frameMs: readonly (readonly number[])[] = [[10, 20, 40, 60], [10, 20], [2.5, 5, 10, 20]]

/** The length of a packet at 48 kHz, by its first byte (RFC 6716, 3.1). */
export function packetSamples(packet: Uint8Array): number {
  const toc = packet[0] ?? 0
  const config = toc >> 3
  const sizes = (config < 12 ? frameMs[0] : config < 16 ? frameMs[1] : frameMs[2]) ?? []
  const ms = sizes[config < 12 ? config & 3 : config < 16 ? config & 1 : config & 3] ?? 20
  const frames = [1, 2, 2, (packet[1] ?? 0) & 0x3f][toc & 3] ?? 1
  return frames * ms * (opusRate / 1000)
}

/** What the decoder leaves out at the beginning. */
const skipOf = (head: Uint8Array) => (head[10] ?? 0) | ((head[11] ?? 0) << 8)

export function opusLengthMs({ head, packets }: OpusStream): number {
  const samples = packets.reduce((sum, packet) => sum + packetSamples(packet), 0)
  return Math.max(0, Math.round((samples - skipOf(head)) / (opusRate / 1000)))
}

/** An OpusHead for packets of an encoder that gives none. */
export function opusHead(channels: number, skip: number): Uint8Array {
  const head = new Uint8Array(19)
  head.set(ascii("OpusHead"))
  head[8] = 1
  head[9] = channels
  const view = new DataView(head.buffer)
  view.setUint16(10, skip, true)
  view.setUint32(12, opusRate, true)
  return head
}

const ascii = (text: string) => Uint8Array.from(text, (sign) => sign.charCodeAt(0))

function tags(): Uint8Array {
  const vendor = ascii("Switchboard")
  const packet = new Uint8Array(8 + 4 + vendor.length + 4)
  packet.set(ascii("OpusTags"))
  new DataView(packet.buffer).setUint32(8, vendor.length, true)
  packet.set(vendor, 12)
  return packet
}

const flag = { first: 2, last: 4 }

export function writeOgg({ head, packets }: OpusStream, serial = Math.floor(Math.random() * 2 ** 32)): Uint8Array {
  const pages: Uint8Array[] = []
  const add = (content: readonly Uint8Array[], granule: number, flags: number) => {
    pages.push(page(content, { granule, flags, serial, no: pages.length }))
  }
  add([head], 0, flag.first)
  add([tags()], 0, 0)
  let waiting: Uint8Array[] = []
  let segments = 0
  let samples = 0
  let begun = 0
  for (const [i, packet] of packets.entries()) {
    const own = Math.floor(packet.length / 255) + 1
    if (waiting.length > 0 && (segments + own > maxSegments || samples - begun >= pageSamples)) {
      add(waiting, samples, 0)
      waiting = []
      segments = 0
      begun = samples
    }
    waiting.push(packet)
    segments += own
    samples += packetSamples(packet)
    if (i === packets.length - 1) add(waiting, samples, flag.last)
  }
  const file = new Uint8Array(pages.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const one of pages) {
    file.set(one, at)
    at += one.length
  }
  return file
}

interface PageFacts {
  granule: number
  flags: number
  serial: number
  no: number
}

function page(packets: readonly Uint8Array[], { granule, flags, serial, no }: PageFacts): Uint8Array {
  const laces = packets.flatMap(({ length }) => [...Array<number>(Math.floor(length / 255)).fill(255), length % 255])
  const bytes = new Uint8Array(27 + laces.length + packets.reduce((sum, { length }) => sum + length, 0))
  const view = new DataView(bytes.buffer)
  bytes.set(ascii("OggS"))
  bytes[5] = flags
  view.setBigUint64(6, BigInt(granule), true)
  view.setUint32(14, serial, true)
  view.setUint32(18, no, true)
  bytes[26] = laces.length
  bytes.set(laces, 27)
  let at = 27 + laces.length
  for (const packet of packets) {
    bytes.set(packet, at)
    at += packet.length
  }
  view.setUint32(22, oggChecksum(bytes), true)
  return bytes
}
