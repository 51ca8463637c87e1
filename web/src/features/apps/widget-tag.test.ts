import { expect, test } from "vitest"
import type { AppChannel } from "@/contract"
import { tagOf, tryAddress, widgetDefaults } from "./widget-tag"

const apps = { auth: "key", app_key: 'k"1', signing_secret: "s" } as AppChannel

test("the tag holds the key and what differs from the widget's own", () => {
  expect(tagOf("https://desk.example", apps, widgetDefaults)).toBe('<script async src="https://desk.example/widget.js" data-app-key="k&quot;1"></script>')
  expect(tagOf("https://desk.example", { ...apps, auth: "open" }, { ...widgetDefaults, color: "#112233", position: "left" })).toBe(
    '<script async src="https://desk.example/widget.js" data-color="#112233" data-position="left"></script>',
  )
})

test("a signing secret never stands in a tag; where its work goes does", () => {
  const tag = tagOf("https://desk.example", { ...apps, auth: "signed", signing_secret: "very-secret" }, widgetDefaults)
  expect(tag).toBe('<script async src="https://desk.example/widget.js" data-user-id="…" data-user-hash="…"></script>')
})

test("the page to try it gets the same behind the #", () => {
  expect(tryAddress(apps, { ...widgetDefaults, language: "ru" })).toBe("/widget/try.html#appKey=k%221&language=ru")
})
