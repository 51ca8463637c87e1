import { expect, test } from "vitest"
import type { Message, Outgoing } from "./message"
import { buildRows } from "./rows"

const noon = new Date(2026, 0, 31, 12).getTime()
const message = (id: number, more: Partial<Message> = {}): Message => ({ id, order: id, mine: false, text: `t${id}`, entities: [], photo: null, at: noon + id * 1000, name: null, ...more })
const sending = (more: Partial<Outgoing> = {}): Outgoing => ({ clientId: "c", text: "out", photos: [], previews: [], at: noon, afterId: 0, state: "waiting", tries: 0, progress: 0, problem: undefined, ...more })

test("photos of one album are one bubble; a text under one begins another", () => {
  const rows = buildRows([message(1, { photo: "/a" }), message(2, { photo: "/b", text: "" }), message(3, { photo: "/c" })], [])
  expect(rows.map((row) => (row.kind === "day" ? "day" : row.photos))).toEqual(["day", ["/a", "/b"], ["/c"]])
})

test("runs of one side are rounded together; another side, day or pause begins anew", () => {
  const rows = buildRows([message(1), message(2), message(3, { mine: true }), message(4, { mine: true, at: noon + 3_600_000 })], [])
  expect(rows.map((row) => row.kind === "bubble" && [row.head, row.tail])).toEqual([false, [true, false], [false, true], [true, true], [true, true]])
  expect(buildRows([message(1), message(2, { at: noon + 86_400_000 })], []).filter((row) => row.kind === "day")).toHaveLength(2)
})

test("another who answers begins a run of their own", () => {
  const rows = buildRows([message(1, { name: "Anna" }), message(2, { name: "Anna" }), message(3, { name: "Boris" }), message(4)], [])
  expect(rows.map((row) => row.kind === "bubble" && [row.name, row.head, row.tail])).toEqual([false, ["Anna", true, false], ["Anna", false, true], ["Boris", true, true], [null, true, true]])
})

test("what is not sent yet stands at the end under its own name, which it keeps when it is", () => {
  const before = buildRows([message(1)], [sending()]).at(-1)
  const after = buildRows([message(1), message(2, { mine: true, key: "c" })], []).at(-1)
  expect(before?.key).toBe("c")
  expect(after?.key).toBe("c")
})
