import type { Button } from "@/contract"
import { limits } from "@/contract"
import { isVisible } from "@/shared/lib/visible"
import type { Buttons } from "../answer"

export type ButtonKind = "url" | "callback" | "copy"
export type ButtonFault = "needLabel" | "needValue" | "urlBad" | "callbackLong" | null

export const kindOfButton = ({ callback, copy }: Button): ButtonKind => (copy !== undefined ? "copy" : callback !== undefined ? "callback" : "url")
export const valueOfButton = (button: Button): string => button[kindOfButton(button)] ?? ""

/** Keeps label and colour. */
export function withAction({ text, style }: Button, kind: ButtonKind, value: string): Button {
  return { text, ...(style && { style }), [kind]: value }
}

const address = /^(?:https?:\/\/[^\s/]+\.?[^\s]*|tg:\/\/\S+)$/i

/** "example.com" becomes "https://example.com". */
export function completeUrl(typed: string): string {
  const value = typed.trim()
  return value === "" || /^[a-z][a-z\d+.-]*:/i.test(value) ? value : `https://${value}`
}

export const completed = (button: Button): Button => (button.url ? { ...button, url: completeUrl(button.url) } : button)

export const bytesOf = (text: string): number => new TextEncoder().encode(text).length

export function buttonFault(button: Button): ButtonFault {
  if (!isVisible(button.text)) return "needLabel"
  const value = valueOfButton(button).trim()
  if (value === "") return "needValue"
  const kind = kindOfButton(button)
  if (kind === "url" && !address.test(value)) return "urlBad"
  return kind === "callback" && bytesOf(value) > limits.button_callback_max ? "callbackLong" : null
}

export const mapButton = (rows: Buttons, row: number, at: number, change: (button: Button) => Button): Buttons =>
  rows.map((list, i) => (i === row ? list.map((button, j) => (j === at ? change(button) : button)) : list))

export const removeButton = (rows: Buttons, row: number, at: number): Buttons =>
  rows.map((list, i) => (i === row ? list.filter((_, j) => j !== at) : list)).filter((list) => list.length > 0)

export const addButton = (rows: Buttons, row: number | null): Buttons =>
  row === null ? [...rows, [{ text: "", url: "" }]] : rows.map((list, i) => (i === row ? [...list, { text: "", url: "" }] : list))

/** To the left or right in its row, to the end of the row above or below, or beyond the ends into a row of its own. */
export function moveButton(rows: Buttons, row: number, at: number, where: "left" | "right" | "up" | "down"): { rows: Buttons; row: number; at: number } {
  const button = rows[row]?.[at]
  if (!button) return { rows, row, at }
  if (where === "left" || where === "right") {
    const to = at + (where === "left" ? -1 : 1)
    if (!rows[row]?.[to]) return { rows, row, at }
    return { rows: rows.map((list, i) => (i === row ? list.toSpliced(at, 1).toSpliced(to, 0, button) : list)), row, at: to }
  }
  const alone = rows[row]?.length === 1
  const target = row + (where === "up" ? -1 : 1)
  if (!rows[target]) {
    if (alone) return { rows, row, at }
    const rest = removeButton(rows, row, at)
    return where === "up" ? { rows: [[button], ...rest], row: 0, at: 0 } : { rows: [...rest, [button]], row: rest.length, at: 0 }
  }
  if ((rows[target]?.length ?? 0) >= limits.button_row_max) return { rows, row, at }
  const filled = rows.map((list, i) => (i === row ? list.filter((_, j) => j !== at) : i === target ? [...list, button] : list))
  const kept = filled.filter((list) => list.length > 0)
  const to = alone && target > row ? target - 1 : target
  return { rows: kept, row: to, at: (kept[to]?.length ?? 1) - 1 }
}
