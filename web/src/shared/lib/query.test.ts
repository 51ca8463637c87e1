import { QueryObserver } from "@tanstack/react-query"
import { expect, test } from "vitest"
import { queryClient, renewQueries } from "./query"

test("what is shown is asked for anew, and what is not shown is forgotten", async () => {
  let answers = 0
  const shown = new QueryObserver(queryClient, { queryKey: ["shown"], queryFn: () => Promise.resolve(++answers) })
  const stop = shown.subscribe(() => {})
  await expect.poll(() => queryClient.getQueryData(["shown"])).toBe(1)
  queryClient.setQueryData(["left"], "old")
  renewQueries()
  expect(queryClient.getQueryData(["left"])).toBeUndefined()
  await expect.poll(() => queryClient.getQueryData(["shown"])).toBe(2)
  stop()
})
