import { expect, test } from "vitest"
import { contrast, defaultColor, parseColor, seenOnBoth, textOn } from "./color"
import { readSettings } from "./settings"

test("whatever is wrong in the tag becomes the default", () => {
  const plain = readSettings({}, "", ["de"])
  expect(plain).toEqual({ userId: "", userName: "", userHash: "", appKey: "", color: defaultColor, position: "right", language: "en", theme: "auto", title: "", launcher: true })
  expect(readSettings({ color: "red", position: "top", theme: "neon", language: "xx", launcher: "maybe", userId: {} }, "", ["de"])).toEqual(plain)
})

test("what the site says counts; else its language, else the reader's", () => {
  const given = readSettings({ appKey: " k ", color: "#F60", position: "left", theme: "dark", title: "Ask", launcher: "false", userId: 17 }, "ru-RU", ["en"])
  expect(given).toMatchObject({ appKey: "k", color: "#ff6600", position: "left", theme: "dark", title: "Ask", launcher: false, userId: "17", language: "ru" })
  expect(readSettings({ language: "en" }, "ru", ["ru"]).language).toBe("en")
  expect(readSettings({}, "", ["ru-RU"]).language).toBe("ru")
})

test("what stands on a colour can be read", () => {
  expect(["#2f5be8", "#2f6f60", "#000000", "#ffffff", "#ffcc00"].map(seenOnBoth)).toEqual([true, true, false, false, false])
  for (const color of ["#000000", "#ffffff", "#2f5be8", "#ffcc00", "#777777", "#008080"]) expect(contrast(color, textOn(color)), color).toBeGreaterThanOrEqual(4.5)
  expect(parseColor("expression(alert(1))")).toBe(defaultColor)
})
