import { expect, test } from "vitest"
import { connectPacket, eventPacket, readPacket } from "./packet"

test("every packet of the protocol that a chat meets is read", () => {
  expect(readPacket('0{"sid":"a","pingInterval":300,"pingTimeout":200}')).toEqual({ type: "open", sid: "a", pingInterval: 300, pingTimeout: 200 })
  expect(readPacket("1")).toEqual({ type: "close" })
  expect(readPacket("2probe")).toEqual({ type: "ping", data: "probe" })
  expect(readPacket("6")).toEqual({ type: "noop" })
  expect(readPacket('40{"sid":"x"}')).toEqual({ type: "connected" })
  expect(readPacket("41")).toEqual({ type: "disconnected" })
  expect(readPacket('44{"message":"no"}')).toEqual({ type: "refused", message: "no" })
  expect(readPacket('42["new_message",{"id":1}]')).toEqual({ type: "event", name: "new_message", data: { id: 1 } })
  expect(readPacket('4217["a"]')).toEqual({ type: "event", name: "a", data: undefined })
})

test("what is not of the protocol is nothing", () => {
  for (const text of ["", "0", "0{}", '0{"sid":"","pingInterval":1,"pingTimeout":1}', '0{"sid":"a","pingInterval":0,"pingTimeout":1}', "42", "42{}", "42[1]", "43[]", "5", "x", "4", "bAAA"])
    expect(readPacket(text), text).toBeNull()
})

test("what is said is of the main namespace", () => {
  expect(connectPacket({ app_key: "k" })).toBe('40{"app_key":"k"}')
  expect(eventPacket("join_chat", { user_id: "ü" })).toBe('42["join_chat",{"user_id":"ü"}]')
})
