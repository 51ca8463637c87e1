import type { Location } from "@/contract"

type Point = Pick<Location, "latitude" | "longitude">

const digits = 5

/** "48.20820, 16.37380": five digits are about one metre. */
export function pointText({ latitude, longitude }: Point): string {
  return `${latitude.toFixed(digits)}, ${longitude.toFixed(digits)}`
}

export function mapUrl({ latitude, longitude }: Point): string {
  const [lat, lon] = [latitude.toFixed(digits), longitude.toFixed(digits)]
  return `https://www.openstreetmap.org/?mlat=${lat}&mlon=${lon}#map=16/${lat}/${lon}`
}

/** The live_period of a location that is shared until it is stopped (Bot API, Location). */
const foreverMs = 0x7fffffff * 1000

export function liveEnd(at: string, live_ms: number, now = Date.now()): { forever: boolean; over: boolean; iso: string } {
  if (live_ms >= foreverMs) return { forever: true, over: false, iso: at }
  const end = Date.parse(at) + live_ms
  return { forever: false, over: end <= now, iso: new Date(end).toISOString() }
}
