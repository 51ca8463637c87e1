import { expect, test } from "vitest"
import { Refusal, type Entry } from "./api"
import { problemOf, timeOf, toMessages } from "./message"

const entry = (id: number | null, message = "m"): Entry => ({ id, message, photo_url: null, direction: "support", created_at: "2026-01-31 12:34:56" })

test("times are the desk's, in UTC", () => {
  expect(new Date(timeOf("2026-01-31 12:34:56")).toISOString()).toBe("2026-01-31T12:34:56.000Z")
  expect(Math.abs(timeOf("soon") - Date.now())).toBeLessThan(1000)
})

test("who answered and how it is formatted come along; a desk that tells neither is understood", () => {
  const [told, untold] = toMessages([{ ...entry(1), operator_name: "Anna", entities: [{ type: "bold", offset: 0, length: 1 }] }, entry(2)])
  expect([told!.name, told!.entities.length]).toEqual(["Anna", 1])
  expect([untold!.name, untold!.entities]).toEqual([null, []])
})

test("greetings stand where they were said, each in a place of its own", () => {
  const sorted = toMessages([entry(null, "a"), entry(null, "b"), entry(7), entry(9), entry(null, "c")])
  expect(sorted.map((m) => m.id)).toEqual([null, null, 7, 9, null])
  const orders = sorted.map((m) => m.order)
  expect(orders).toEqual([...orders].sort((x, y) => x - y))
  expect(new Set(orders).size).toBe(5)
  // A message between two known ones is inserted later.
  expect(orders[1]!).toBeGreaterThan(6)
  expect(orders[4]!).toBeGreaterThan(9)
})

test("a greeting alone comes before whatever follows", () => {
  expect(toMessages([entry(null)])[0]!.order).toBeLessThan(1)
})

test("a no of the desk stays one, a pause is waited for, the rest is tried again and slower", () => {
  expect(problemOf(new Refusal(413, { error: "large", code: "too_large", field: "photo" }, null), 1)).toMatchObject({ kind: "refused", status: 413, field: "photo" })
  const busy = problemOf(new Refusal(429, null, "7"), 1)
  expect(busy.kind).toBe("busy")
  expect(busy.retryAt - Date.now()).toBeGreaterThan(6000)
  expect(problemOf(new Refusal(502, null, null), 1).kind).toBe("lost")
  const waits = [1, 2, 3, 30].map((tries) => problemOf(new Error("no network"), tries).retryAt - Date.now())
  expect(waits[1]!).toBeGreaterThan(waits[0]!)
  expect(waits[3]!).toBeLessThanOrEqual(30_000)
})
