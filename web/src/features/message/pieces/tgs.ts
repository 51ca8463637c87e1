/** What a sticker may be when it is unpacked; Telegram's own are below 64 KB packed. */
const mostBytes = 4 << 20

type Json = Record<string, unknown>

/** A .tgs file: gzipped Lottie, without the parts that would fetch or write something. */
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

/** Stickers have neither pictures nor fonts nor words (core.telegram.org/stickers): a file that names some is not followed. */
export function harmless(data: Json): Json {
  if (!Array.isArray(data["layers"])) throw new Error("no Lottie")
  const layersOf = (list: unknown) => (Array.isArray(list) ? list.filter((layer: Json) => layer["ty"] !== image && layer["ty"] !== words) : [])
  const assets = Array.isArray(data["assets"]) ? (data["assets"] as Json[]).filter((asset) => Array.isArray(asset["layers"])) : []
  return { ...data, fonts: undefined, chars: undefined, layers: layersOf(data["layers"]), assets: assets.map((asset) => ({ ...asset, layers: layersOf(asset["layers"]) })) }
}
