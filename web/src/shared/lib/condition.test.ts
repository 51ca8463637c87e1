import { describe, expect, it } from "vitest"
import { fold, matches, type Fields } from "./condition"

// tests/blackbox/conditions.test.ts compares this evaluator with the server's on random data.
interface Row {
  status: string
  owner: number | null
  name: string | null
  unread?: number
}
const fields: Fields<Row> = {
  status: { type: "word", of: (one) => one.status },
  owner: { type: "operator", of: (one) => one.owner },
  name: { type: "name", of: (one) => one.name },
  unread: { type: "number", of: (one) => one.unread },
}
const row: Row = { status: "waiting", owner: 7, name: "Пётр Smíth" }
const yes = { field: "status", op: "is", value: "waiting" } as const
const no = { field: "status", op: "is", value: "closed" } as const
const open = { field: "unread", op: "more", value: 0 } as const

describe("a condition", () => {
  it("leaves open what the row does not know, unless something else decides", () => {
    const ask = (condition: Parameters<typeof matches>[1]) => matches(fields, condition, row, 7)
    expect(ask(open)).toBeUndefined()
    expect(ask({ all: [open, no] })).toBe(false)
    expect(ask({ all: [open, yes] })).toBeUndefined()
    expect(ask({ any: [open, yes] })).toBe(true)
    expect(ask({ any: [open, no] })).toBeUndefined()
    expect(ask({ none: [open, yes] })).toBe(false)
    expect(ask({ none: [open, no] })).toBeUndefined()
    expect(ask({ none: [no] })).toBe(true)
    expect(ask({ all: [] })).toBe(true)
  })

  it("knows who asks, and nobody", () => {
    expect(matches(fields, { field: "owner", op: "is", value: "me" }, row, 7)).toBe(true)
    expect(matches(fields, { field: "owner", op: "in", value: ["none", "me"] }, row, 8)).toBe(false)
    expect(matches(fields, { field: "owner", op: "is", value: "none" }, { ...row, owner: null }, 8)).toBe(true)
  })

  it("compares names without case and accents", () => {
    expect(matches(fields, { field: "name", op: "contains", value: "ПЕТР smith" }, row, 1)).toBe(true)
    expect(fold("ЁЛКИ Jose\u0301 Ångström")).toBe("елки jose angstrom")
  })
})
