// The visitor's input: a field that grows, photos that are chosen, dropped or pasted; limits are reported before sending.
import { limits } from "@/contract"
import type { frame as Words } from "../words/en"
import { button, h, icon } from "./dom"
import type { Store } from "./store"
import { lengthOf } from "./text"

const kinds = ["image/png", "image/jpeg", "image/gif", "image/webp"]
/** From this length on the remaining characters are shown. */
const countFrom = 300
const draftKey = "draft"

interface Chosen {
  file: File
  url: string
}

export interface ComposerParts {
  words: typeof Words
  /** The tab's storage, so that a draft survives going to another page. */
  draft: Store
  send(text: string, photos: File[]): void
}

export class Composer {
  readonly element: HTMLElement
  private readonly parts: ComposerParts
  private readonly field: HTMLTextAreaElement
  private readonly submit: HTMLButtonElement
  private readonly strip = h("div", { class: "strip", hidden: true })
  private readonly note = h("p", { class: "note", id: "note", role: "status" })
  private readonly picker: HTMLInputElement
  private chosen: Chosen[] = []
  private problem = ""

  constructor(parts: ComposerParts) {
    const { words, draft } = parts
    this.parts = parts
    this.field = h("textarea", { rows: 1, placeholder: words.placeholder, "aria-label": words.message, "aria-describedby": "note", enterkeyhint: "send", dir: "auto", input: () => this.typed(), keydown: (event: KeyboardEvent) => this.pressed(event), paste: (event: ClipboardEvent) => this.pasted(event) })
    this.picker = h("input", { type: "file", accept: kinds.join(","), multiple: true, class: "unseen", tabindex: -1, "aria-hidden": "true", change: () => this.picked() })
    this.submit = h("button", { type: "submit", class: "submit", "aria-label": words.send, title: words.send }, icon("send"))
    const attach = button(words.attach, "photo", "attach", () => this.picker.click())
    const line = h("div", { class: "line" }, attach, this.field, this.submit)
    this.element = h("form", { class: "composer", novalidate: true, submit: (event: Event) => this.submitted(event) }, this.note, this.strip, line, this.picker)
    this.field.value = draft.get(draftKey) ?? ""
    this.show()
    // The height depends on the width, and on whether the field is shown.
    let width = 0
    new ResizeObserver(() => {
      if (this.field.clientWidth === width) return
      width = this.field.clientWidth
      this.show()
    }).observe(this.field)
  }

  focus(): void {
    this.field.focus({ preventScroll: true })
  }

  clear(): void {
    this.field.value = ""
    this.parts.draft.set(draftKey, null)
    for (const { url } of this.chosen) URL.revokeObjectURL(url)
    this.chosen = []
    this.problem = ""
    this.show()
  }

  /** Files that were chosen, dropped or pasted. */
  add(files: readonly File[]): void {
    const { words } = this.parts
    this.problem = ""
    for (const file of files) {
      if (!kinds.includes(file.type)) this.problem = words.photoKind
      else if (file.size === 0) this.problem = words.photoEmpty
      else if (file.size > limits.photo_max_bytes) this.problem = words.photoTooLarge(limits.photo_max_bytes >> 20)
      else if (this.chosen.length >= limits.photos_max) this.problem = words.tooManyPhotos(limits.photos_max)
      else this.chosen.push({ file, url: URL.createObjectURL(file) })
    }
    this.showStrip()
    this.show()
    this.focus()
  }

  private get over(): number {
    return lengthOf(this.field.value.trim()) - limits.text_max
  }

  private typed(): void {
    this.problem = ""
    this.parts.draft.set(draftKey, this.field.value || null)
    this.show()
  }

  private show(): void {
    const { words } = this.parts
    const { field, over } = this
    field.style.height = "auto"
    // A frame that is not shown has no layout and so no height.
    if (field.scrollHeight > 0) field.style.height = `${field.scrollHeight}px`
    this.submit.disabled = over > 0 || (!field.value.trim() && !this.chosen.length)
    const text = over > 0 ? words.tooLong(over) : this.problem || (over > -countFrom ? words.left(-over) : "")
    if (this.note.textContent !== text) this.note.textContent = text
    this.note.classList.toggle("bad", over > 0 || !!this.problem)
    field.toggleAttribute("aria-invalid", over > 0)
  }

  private showStrip(): void {
    const { words } = this.parts
    this.strip.hidden = this.chosen.length === 0
    this.strip.replaceChildren(
      ...this.chosen.map((one, i) =>
        h("div", { class: "chosen" }, h("img", { src: one.url, alt: one.file.name }), button(words.removePhoto(i + 1), "close", "remove", () => {
          URL.revokeObjectURL(one.url)
          this.chosen = this.chosen.filter((other) => other !== one)
          this.problem = ""
          this.showStrip()
          this.show()
          this.focus()
        })),
      ),
    )
  }

  private pressed(event: KeyboardEvent): void {
    // While an input method composes, Enter chooses a word.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return
    this.submitted(event)
  }

  private submitted(event: Event): void {
    event.preventDefault()
    if (this.submit.disabled) return
    const files = this.chosen.map((one) => one.file)
    this.parts.send(this.field.value.trim(), files)
    for (const { url } of this.chosen) URL.revokeObjectURL(url)
    this.chosen = []
    this.showStrip()
    this.clear()
    this.focus()
  }

  private pasted(event: ClipboardEvent): void {
    const files = [...(event.clipboardData?.files ?? [])]
    if (!files.length) return
    event.preventDefault()
    this.add(files)
  }

  private picked(): void {
    this.add([...(this.picker.files ?? [])])
    this.picker.value = ""
  }
}
