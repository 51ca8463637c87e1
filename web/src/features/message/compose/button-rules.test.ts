import { describe, expect, it } from "vitest"
import type { Buttons } from "../answer"
import { addButton, buttonFault, completed, completeUrl, moveButton, removeButton } from "./button-rules"

const rows = (text: string): Buttons => text.split("/").map((row) => [...row].map((sign) => ({ text: sign, callback: sign })))
const drawn = (list: Buttons) => list.map((row) => row.map(({ text }) => text).join("")).join("/")

describe("the rows of buttons", () => {
  it.each([
    ["left", "ab/c", [0, 1], "left", "ba/c"], ["not beyond the edge", "ab/c", [0, 0], "left", "ab/c"], ["right", "ab/c", [0, 0], "right", "ba/c"],
    ["down into the row below", "ab/c", [0, 0], "down", "b/ca"], ["up into the row above", "ab/c", [1, 0], "up", "abc"],
    ["beyond the last into a row of its own", "ab", [0, 1], "down", "a/b"], ["beyond the first", "ab", [0, 1], "up", "b/a"],
    ["one that is alone stays", "a", [0, 0], "down", "a"], ["its empty row goes", "a/b", [0, 0], "down", "ba"], ["a full row takes no more", "abcdefgh/i", [1, 0], "up", "abcdefgh/i"],
  ] as const)("%s", (_why, from, [row, at], where, to) => {
    const moved = moveButton(rows(from), row, at, where)
    expect(drawn(moved.rows)).toBe(to)
    expect(moved.rows[moved.row]?.[moved.at]?.text).toBe(rows(from)[row]?.[at]?.text)
  })
  it("removing the last one removes its row", () => expect(drawn(removeButton(rows("a/b"), 0, 0))).toBe("b"))
  it("adding: to a row, or a new row", () => expect([addButton(rows("a"), 0)[0]?.length, addButton(rows("a"), null).length]).toEqual([2, 2]))
})

describe("a button", () => {
  it.each([
    ["complete", { text: "Open", url: "https://example.com" }, null], ["without a label", { text: " ", url: "https://example.com" }, "needLabel"], ["without an action", { text: "Open", url: "" }, "needValue"],
    ["with a script", { text: "Open", url: "javascript:alert(1)" }, "urlBad"], ["with 64 bytes", { text: "A", callback: "я".repeat(32) }, null], ["with 65 bytes", { text: "A", callback: "я".repeat(32) + "x" }, "callbackLong"],
    ["that copies", { text: "Copy", copy: "A-1" }, null],
  ])("%s", (_why, button, expected) => expect(buttonFault(button)).toBe(expected))
  it.each([["example.com/a", "https://example.com/a"], ["http://a.b", "http://a.b"], ["tg://resolve?domain=x", "tg://resolve?domain=x"], ["", ""]])("the address %s", (typed, url) => expect(completeUrl(typed)).toBe(url))
  it("is completed by its address, and stays as it is without one", () => {
    expect(completed({ text: "Open", url: "example.com" })).toEqual({ text: "Open", url: "https://example.com" })
    expect(completed({ text: "Code", copy: "a.b" })).toEqual({ text: "Code", copy: "a.b" })
  })
})
