/** The limit of the unpacked size. Telegram's stickers have at most 64 KB packed. */
const mostBytes = 4 << 20

type Json = Record<string, unknown>

/** Reads a .tgs file (gzipped Lottie) and removes parts that would load something else. */
export async function readSticker(file: Blob): Promise<Json> {
  const [first, second] = new Uint8Array(await file.slice(0, 2).arrayBuffer())
  const packed = first === 0x1f && second === 0x8b
  const text = await readAtMost(packed ? file.stream().pipeThrough(new DecompressionStream("gzip")) : file.stream())
  return harmless(JSON.parse(text) as Json)
}

async function readAtMost(stream: ReadableStream<Uint8Array>): Promise<string> {
  const reader = stream.getReader()
  const decoder = new TextDecoder()
  let text = ""
  let bytes = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return text + decoder.decode()
    bytes += value.length
    if (bytes > mostBytes) {
      void reader.cancel()
      throw new Error("the sticker is too large")
    }
    text += decoder.decode(value, { stream: true })
  }
}

const image = 2
const words = 5

/** Removes images, fonts and text, which stickers must not have (core.telegram.org/stickers) and the player would load. */
export function harmless(data: Json): Json {
  if (!Array.isArray(data["layers"])) throw new Error("no Lottie")
  const layersOf = (list: unknown) => (Array.isArray(list) ? list.filter((layer: Json) => layer["ty"] !== image && layer["ty"] !== words) : [])
  const assets = Array.isArray(data["assets"]) ? (data["assets"] as Json[]).filter((asset) => Array.isArray(asset["layers"])) : []
  return { ...data, fonts: undefined, chars: undefined, layers: layersOf(data["layers"]), assets: assets.map((asset) => ({ ...asset, layers: layersOf(asset["layers"]) })) }
}
