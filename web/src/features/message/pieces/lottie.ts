import lottie from "lottie-web/build/player/esm/lottie_light.min.js"
import { readSticker } from "./tgs"

/** Draws an animated sticker into `box`. The light build has no expressions, so it never evaluates code of the file. */
export async function drawLottie(src: string, box: HTMLElement) {
  const response = await fetch(src)
  if (!response.ok) throw new Error(`HTTP ${response.status}`)
  const animationData = await readSticker(await response.blob())
  const drawing = lottie.loadAnimation({ container: box, renderer: "svg", loop: true, autoplay: false, animationData })
  if (!box.firstChild) {
    drawing.destroy()
    throw new Error("the sticker shows nothing")
  }
  drawing.goToAndStop(0, true)
  return { play: () => drawing.play(), pause: () => drawing.pause(), destroy: () => drawing.destroy() }
}
