import { expect, test } from "vitest"
import { ru } from "./words-ru"

const sources = import.meta.glob<string>(["../../../../server/**/*.c", "!**/*_test.c", "../../../../spec/*.tbl"], { query: "?raw", import: "default", eager: true })

test("every reason that is translated is one that the server gives", () => {
  const said = Object.values(sources).join("\n")
  for (const reason of Object.keys(ru.message.reasons)) expect(said.includes(`"${reason}"`), reason).toBe(true)
})
