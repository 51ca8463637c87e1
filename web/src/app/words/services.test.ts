import { describe, expect, it } from "vitest"
import { serviceText } from "@/features/message/lines"
import { en } from "./en"
import { ru } from "./ru"

describe("service lines say what Telegram tells", () => {
  it.each([
    ["pinned_message", { text: "Read me" }, "The customer pinned “Read me”", "Клиент закрепил сообщение «Read me»"],
    ["pinned_message", { text: `${"long ".repeat(30)}\nend` }, `The customer pinned “${"long ".repeat(15)}long…”`, `Клиент закрепил сообщение «${"long ".repeat(15)}long…»`],
    ["pinned_message", undefined, "The customer pinned a message", "Клиент закрепил сообщение"],
    ["message_auto_delete_timer_changed", { value: 604_800 }, "The customer set messages to delete themselves after 1 week", "Клиент включил автоудаление сообщений, срок — 1 неделя"],
    ["connected_website", { text: "shop.example" }, "The customer signed in to shop.example with Telegram", "Клиент вошёл через Telegram на сайт shop.example"],
    ["boost_added", { value: 2 }, "The customer boosted the chat 2 times", "Клиент отдал чату 2 голоса"],
    ["newer_than_this", { text: "x" }, "Service message from Telegram", "Служебное сообщение Telegram"],
  ])("%s", (content, service, english, russian) => {
    const message = { content, ...(service && { service }) }
    expect([serviceText(message, en, "en"), serviceText(message, ru, "ru")]).toEqual([english, russian])
  })
  it("both languages know the same facts", () => {
    const facts = (all: typeof en.message.servicesWith) => Object.entries(all).map(([name, by]) => [name, Object.keys(by)])
    expect(facts(ru.message.servicesWith)).toEqual(facts(en.message.servicesWith))
  })
})
