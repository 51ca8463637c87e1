import { describe, expect, it } from "vitest"
import { chord } from "./keyboard"

const press = (key: string, code: string, held: Partial<Record<"ctrlKey" | "altKey" | "shiftKey", boolean>> = {}) =>
  chord({ key, code, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...held })

describe("pressed keys", () => {
  it.each([
    ["a letter", press("j", "KeyJ"), "j"],
    ["a letter on a Russian layout", press("\u043e", "KeyJ"), "j"],
    ["a capital on a Russian layout", press("\u0423", "KeyE", { shiftKey: true }), "shift+e"],
    ["a letter where another layout has it", press("j", "KeyC"), "j"],
    ["a digit", press("1", "Digit1"), "1"],
    ["a digit's key that says another sign (French)", press("&", "Digit1"), "1"],
    ["the slash", press("/", "Slash"), "/"],
    ["the slash's key on a Russian layout", press(".", "Slash"), "/"],
    ["the slash of a German layout", press("/", "Digit7", { shiftKey: true }), "/"],
    ["a question mark", press("?", "Slash", { shiftKey: true }), "?"],
    ["a question mark on a Russian layout", press("?", "Digit7", { shiftKey: true }), "?"],
    ["a comma with Ctrl on a Russian layout", press("\u0431", "Comma", { ctrlKey: true }), "mod+,"],
    ["a chord", press("E", "KeyE", { ctrlKey: true, shiftKey: true }), "mod+shift+e"],
    ["a chord on a Russian layout", press("\u0423", "KeyE", { ctrlKey: true, shiftKey: true }), "mod+shift+e"],
    ["an arrow with Alt", press("ArrowDown", "ArrowDown", { altKey: true }), "alt+arrowdown"],
    ["Enter with Ctrl and Shift", press("Enter", "Enter", { ctrlKey: true, shiftKey: true }), "mod+shift+enter"],
    ["Escape", press("Escape", "Escape"), "escape"],
  ])("%s", (_, pressed, expected) => expect(pressed).toBe(expected))
})
