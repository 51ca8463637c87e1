import { expect, test } from "vitest"
import { ru } from "./words-ru"

const sources = import.meta.glob<string>(["../../../../server/**/*.c", "!**/*_test.c", "../../../../spec/*.tbl"], { query: "?raw", import: "default", eager: true })

test("every reason of spec/reasons.tbl is translated as the table says", () => {
  const table = Object.entries(sources).find(([path]) => path.endsWith("/spec/reasons.tbl"))?.[1] ?? ""
  const rows = [...table.matchAll(/^REASON\((\w+),\s+"(.*?)",\s*"(.*?)"\)/gms)]
  expect(rows.length).toBeGreaterThan(30)
  for (const [, name, english, russian] of rows) expect(ru.message.reasons[english as string], name).toBe(russian)
})

test("every reason that is translated is one that the server gives", () => {
  const said = Object.values(sources).join("\n")
  for (const reason of Object.keys(ru.message.reasons)) expect(said.includes(`"${reason}"`), reason).toBe(true)
})
