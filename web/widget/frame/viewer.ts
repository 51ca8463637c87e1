// A photo, large: a modal dialog over the whole frame. Arrows go through the photos of its message.
import type { frame as Words } from "../words/en"
import { button, h } from "./dom"

export function openViewer(words: typeof Words, photos: readonly string[], start: number, picture: (path: string) => Promise<string>): void {
  let at = start
  const img = h("img", { alt: words.photo })
  const stage = h("div", { class: "stage" }, img)
  const count = h("p", { class: "count", role: "status" })
  const dialog = h("dialog", { class: "viewer", "aria-label": words.photo })
  const step = (by: number): void => {
    at = (at + by + photos.length) % photos.length
    show()
  }
  const show = (): void => {
    const path = photos[at]
    if (path === undefined) return
    count.textContent = photos.length > 1 ? words.photoOf(at + 1, photos.length) : ""
    img.removeAttribute("src")
    stage.classList.remove("broken")
    picture(path).then((url) => {
      if (photos[at] === path) img.src = url
    }, () => stage.classList.add("broken"))
  }
  img.addEventListener("error", () => stage.classList.add("broken"))
  stage.append(h("p", { class: "failed" }, words.photoFailed))
  dialog.append(stage, count, button(words.closePhoto, "close", "close", () => dialog.close()))
  if (photos.length > 1) dialog.append(button(words.previous, "left", "previous", () => step(-1)), button(words.next, "right", "following", () => step(1)))
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog || event.target === stage) dialog.close()
  })
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "ArrowLeft" && photos.length > 1) step(-1)
    else if (event.key === "ArrowRight" && photos.length > 1) step(1)
    else if (event.key !== "Escape") return
    event.stopPropagation()
  })
  dialog.addEventListener("close", () => dialog.remove())
  document.body.append(dialog)
  show()
  dialog.showModal()
}
