import { describe, expect, it } from "vitest"
import type { BotProfileWords } from "@/contract"
import { commandLines, differencesOf, parseCommands, textsOf, wishOf } from "./get-profile"

const none: BotProfileWords = { name: null, about: null, description: null, commands: null }
const current: BotProfileWords = { name: "Support", about: "", description: "Ask us", commands: [{ command: "start", description: "Begin" }] }

describe("the texts of a bot's profile", () => {
  it.each([
    ["start - Begin", [{ command: "start", description: "Begin" }]],
    ["/help — What we do: everything\n\n  order: Your order ", [{ command: "help", description: "What we do: everything" }, { command: "order", description: "Your order" }]],
    ["", []],
    ["Start - capital letters", null],
    ["help", null],
    ["help -", null],
  ])("%j are the commands %j", (text, list) => expect(parseCommands(text)).toEqual(list))

  it("shows commands as they are typed", () => expect(parseCommands(commandLines(current.commands ?? []))).toEqual(current.commands))

  it("wants nothing that was not touched", () => {
    const texts = textsOf(none, current)
    expect(wishOf("", texts, texts, none)).toEqual({ language: "", ...none })
    expect(wishOf("", { ...texts, name: "Shop" }, texts, none)).toEqual({ language: "", ...none, name: "Shop" })
    expect(wishOf("", texts, texts, { ...none, about: "" })).toEqual({ language: "", ...none, about: "" })
  })

  it("names each difference once", () =>
    expect(differencesOf({ languages: [{ language: "", wanted: none, current, differs: ["name"] }, { language: "ru", wanted: none, current, differs: ["about", "commands"] }], menu_button: { wanted: null, current: { type: "default", text: null, url: null }, differs: true } }))
      .toEqual([{ part: "name", language: "" }, { part: "about", language: "ru" }, { part: "commands", language: "ru" }, { part: "menu_button", language: "" }]))
})
