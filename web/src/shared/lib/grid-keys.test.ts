import { expect, it } from "vitest"
import { nextInGrid } from "./grid-keys"

it.each([
  ["to the right", "ArrowRight", 0, 1],
  ["over the end of a row", "ArrowRight", 2, 3],
  ["not over the end", "ArrowRight", 6, null],
  ["not before the start", "ArrowLeft", 0, null],
  ["a row down", "ArrowDown", 1, 4],
  ["not below a short last row", "ArrowDown", 5, null],
  ["a row up", "ArrowUp", 6, 3],
  ["not above the first row", "ArrowUp", 2, null],
  ["to the first", "Home", 5, 0],
  ["to the last", "End", 1, 6],
  ["other keys move nothing", "Enter", 1, null],
  ["nothing without the focus inside", "ArrowDown", -1, null],
] as const)("%s", (_why, key, at, to) => expect(nextInGrid(key, at, 7, 3)).toBe(to))
