import { afterEach, beforeEach, expect, it, vi } from "vitest"
import { get, post } from "./http"

const page = globalThis as typeof globalThis & { switchboardEarly?: Record<string, Promise<Response>> | undefined }
const asked: string[] = []

beforeEach(() => {
  asked.length = 0
  vi.stubGlobal("document", { cookie: "" })
  vi.stubGlobal("fetch", (path: string) => {
    asked.push(path)
    return Promise.resolve(new Response(`"fresh"`))
  })
})
afterEach(() => {
  vi.unstubAllGlobals()
  page.switchboardEarly = undefined
})

const early = () => (page.switchboardEarly = { "/a": Promise.resolve(new Response(`"early"`)), "/b": Promise.resolve(new Response(`"early"`)) })

it("an early answer is used once", async () => {
  early()
  expect(await get("/a")).toBe("early")
  expect(await get("/a")).toBe("fresh")
  expect(asked).toEqual(["/a"])
})

it("what was asked before a change is not believed after it", async () => {
  early()
  await post("/sign-in")
  expect(await get("/b")).toBe("fresh")
})

it("an early question without an answer is asked again", async () => {
  const lost = Promise.reject<Response>(new Error("no connection"))
  lost.catch(() => undefined)
  page.switchboardEarly = { "/a": lost }
  expect(await get("/a")).toBe("fresh")
})
