import { describe, expect, it } from "vitest"
import { random } from "@/testing/desk"
import { addMark, applyMarkdown, codePoints, marksAt, replaceRange, toggleMark, trim, type Format, type Rich } from "./model"

const plain = (text: string): Rich => ({ text, entities: [] })
const brief = ({ text, entities }: Rich) => [text, ...entities.map(({ type, offset, length }) => `${type} ${offset}+${length}`)]

describe("formatting", () => {
  it("is added, joined with its neighbour, and taken away from the middle", () => {
    const bold = toggleMark(plain("hello world"), 0, 5, "bold")
    const joined = toggleMark(bold, 5, 11, "bold")
    expect(brief(joined)).toEqual(["hello world", "bold 0+11"])
    expect(brief(toggleMark(joined, 3, 8, "bold"))).toEqual(["hello world", "bold 0+3", "bold 8+3"])
  })
  it("leaves nothing else inside code", () => {
    const bold = addMark(plain("abc"), 0, 3, { type: "bold" })
    expect(brief(addMark(bold, 1, 2, { type: "code" }))).toEqual(["abc", "bold 0+1", "code 1+1", "bold 2+1"])
  })
  it("moves with what is typed before it and grows with what is typed at its end", () => {
    const bold = addMark(plain("a bc"), 2, 4, { type: "bold" })
    const moved = replaceRange(bold, 0, 0, "😀")
    expect(brief(moved)).toEqual(["😀a bc", "bold 4+2"])
    expect(brief(replaceRange(moved, 6, 6, "d", marksAt(moved, 6)))).toEqual(["😀a bcd", "bold 4+3"])
  })
  it("vanishes with its text", () => {
    expect(brief(replaceRange(addMark(plain("a bc d"), 2, 4, { type: "bold" }), 1, 5, ""))).toEqual(["ad"])
  })
})

describe("signs typed around words", () => {
  it.each([
    ["**bold**", "bold", "bold 0+4"],
    ["say _it_", "say it", "italic 4+2"],
    ["~~no~~", "no", "strikethrough 0+2"],
    ["||x||", "x", "spoiler 0+1"],
    ["`code`", "code", "code 0+4"],
  ])("%s", (typed, text, entity) => {
    const result = applyMarkdown(plain(typed), typed.length)
    expect(result && brief(result.rich)).toEqual([text, entity])
    expect(result?.caret).toBe(text.length)
  })
  it.each(["snake_case_name_", "2 ** 3 **", "** x **", "__"])("%s stays as it is", (typed) => expect(applyMarkdown(plain(typed), typed.length)).toBeNull())
})

describe("sending", () => {
  it("trims white space and moves the formatting along", () => {
    expect(brief(trim(addMark(plain("  \nhi there \n"), 3, 5, { type: "bold" })))).toEqual(["hi there", "bold 0+2"])
  })
  it("counts characters, not UTF-16 units", () => expect(codePoints("😀é")).toBe(2))
})

it("random edits keep every entity inside the text", () => {
  const chance = random(21)
  const formats: readonly Format[] = ["bold", "italic", "code", "spoiler"]
  let rich = plain("the quick brown fox")
  for (let i = 0; i < 2000; i++) {
    const a = Math.floor(chance() * (rich.text.length + 1))
    const b = Math.min(rich.text.length, a + Math.floor(chance() * 6))
    rich = chance() < 0.5 ? replaceRange(rich, a, b, "xyz".slice(0, Math.floor(chance() * 4))) : a < b ? toggleMark(rich, a, b, formats[i % 4] ?? "bold") : rich
    for (const { offset, length } of rich.entities) expect(offset >= 0 && length > 0 && offset + length <= rich.text.length).toBe(true)
  }
})
