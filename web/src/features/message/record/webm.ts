/** Reads the Opus packets out of a WebM file, as MediaRecorder writes one: its clusters may have no size. */
export interface OpusStream {
  /** The content of an OpusHead packet. */
  head: Uint8Array
  packets: Uint8Array[]
}

const ids = { codecPrivate: 0x63a2, block: 0xa1, simpleBlock: 0xa3 }
/** Segment, Cluster, Tracks, TrackEntry, BlockGroup: what is inside follows their header, so a size is not needed. */
const masters: ReadonlySet<number> = new Set([0x18538067, 0x1f43b675, 0x1654ae6b, 0xae, 0xa0])
const lacing = 0x06

export function readWebm(bytes: Uint8Array): OpusStream {
  let at = 0
  /** A number of variable length; its first bit that is set tells the length, and `keep` leaves it in. */
  const number = (keep: boolean): number => {
    const first = bytes[at]
    if (first === undefined || first === 0) throw new Error("not a WebM file")
    const length = Math.clz32(first) - 23
    let value = keep ? first : first & (0xff >> length)
    for (let i = 1; i < length; i++) value = value * 256 + (bytes[at + i] ?? 0)
    at += length
    return value
  }
  let head: Uint8Array | null = null
  const packets: Uint8Array[] = []
  while (at < bytes.length) {
    const id = number(true)
    const size = number(false)
    if (masters.has(id)) continue
    const end = at + size
    // The last cluster may have been cut off.
    if (end > bytes.length) break
    if (id === ids.codecPrivate) head = bytes.slice(at, end)
    if (id === ids.simpleBlock || id === ids.block) {
      number(false)
      const flags = bytes[at + 2] ?? 0
      if ((flags & lacing) !== 0) throw new Error("laced blocks are not expected")
      packets.push(bytes.slice(at + 3, end))
    }
    at = end
  }
  if (!head || packets.length === 0) throw new Error("no Opus in the file")
  return { head, packets }
}
