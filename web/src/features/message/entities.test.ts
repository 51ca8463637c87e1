import { describe, expect, it } from "vitest"
import type { Entity } from "@/contract"
import { random } from "@/testing/desk"
import { safeUrl, toTree, type RichNode } from "./entities"

const textOf = (nodes: readonly RichNode[]): string => nodes.map((node) => (typeof node === "string" ? node : textOf(node.children))).join("")
const show = (nodes: readonly RichNode[]): string => nodes.map((node) => (typeof node === "string" ? node : `<${node.entity.type}>${show(node.children)}</>`)).join("")

describe("entities become a tree", () => {
  it.each([
    ["one inside another", "bold italic", [["bold", 0, 11], ["italic", 5, 6]], "<bold>bold <italic>italic</></>"],
    ["overlapping ones are cut", "abcdef", [["bold", 0, 4], ["italic", 2, 4]], "<bold>ab<italic>cd</></><italic>ef</>"],
    ["two of one length nest", "ab", [["bold", 0, 2], ["italic", 0, 2]], "<bold><italic>ab</></>"],
    ["offsets are UTF-16 units", "😀 hi", [["bold", 3, 2]], "😀 <bold>hi</>"],
    ["what lies beyond the text is clipped", "ab", [["bold", 1, 50], ["code", 9, 2]], "a<bold>b</>"],
  ] as const)("%s", (_why, text, entities, expected) => {
    expect(show(toTree(text, entities.map(([type, offset, length]): Entity => ({ type, offset, length }))))).toBe(expected)
  })

  it("never loses or repeats a letter", () => {
    const chance = random(9)
    for (let round = 0; round < 300; round++) {
      const text = "abcdefghijklmnopqrstuvwxyz".slice(0, 1 + Math.floor(chance() * 26))
      const entities = Array.from({ length: Math.floor(chance() * 6) }, (): Entity => ({ type: "bold", offset: Math.floor(chance() * 26), length: Math.floor(chance() * 10) }))
      expect(textOf(toTree(text, entities))).toBe(text)
    }
  })
})

describe("an address becomes a link only if it is harmless", () => {
  it.each([
    ["https://a.example/x", "https://a.example/x"],
    ["a.example", "https://a.example"],
    ["javascript:alert(1)", null],
    ["data:text/html,x", null],
    [" JavaScript:alert(1)", null],
    ["tg://resolve?domain=x", "tg://resolve?domain=x"],
    ["", null],
  ])("%s", (raw, expected) => expect(safeUrl(raw)).toBe(expected))
})
