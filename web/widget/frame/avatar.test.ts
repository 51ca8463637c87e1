import { expect, test } from "vitest"
import { textOn } from "../color"
import { colorOf, initialsOf } from "./avatar"

test("initials are the first letters of the first and the last word", () => {
  expect(["Anna", "anna petrova", "Анна  Мария Петрова", "«Ева» К.", "", "🙂", "李"].map(initialsOf)).toEqual(["A", "AP", "АП", "ЕК", "", "", "李"])
})

test("a name keeps its colour, and white is readable on it", () => {
  expect(colorOf("Anna")).toBe(colorOf("Anna"))
  for (let i = 0; i < 50; i++) expect(textOn(colorOf(`name ${i}`))).toBe("#ffffff")
})
