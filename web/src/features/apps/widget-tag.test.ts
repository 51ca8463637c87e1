import { expect, test } from "vitest"
import type { AppChannel } from "@/contract"
import { tagOf, tryAddress, widgetDefaults } from "./widget-tag"

const apps = { auth: "key", app_key: "k1", signing_secret: "very-secret", visitors: true } as AppChannel

test("the tag holds what differs from the widget's own, and no key or secret in any mode", () => {
  for (const auth of ["open", "key", "signed"] as const) {
    expect(tagOf("https://desk.example", { ...apps, auth }, widgetDefaults)).toBe('<script async src="https://desk.example/widget.js"></script>')
    expect(tagOf("https://desk.example", { ...apps, auth }, { ...widgetDefaults, color: "#112233", position: "left" })).toBe(
      '<script async src="https://desk.example/widget.js" data-color="#112233" data-position="left"></script>',
    )
  }
})

test("where visitors are not taken, the tag shows where a signed user stands", () => {
  expect(tagOf("https://desk.example", { ...apps, visitors: false }, widgetDefaults)).toBe('<script async src="https://desk.example/widget.js" data-user-id="…" data-user-hash="…"></script>')
})

test("the page to try it gets the same behind the #", () => {
  expect(tryAddress(apps, { ...widgetDefaults, language: "ru" })).toBe("/widget/try.html#language=ru")
})
