import { expect, it } from "vitest"
import table from "../../../../spec/jobs.tbl?raw"
import { jobNames } from "./job-names"

it("every kind of job has a name in each language", () => {
  const kinds = [...table.matchAll(/^JOB\(\w+,\s*"([^"]+)"/gm)].map(([, kind = ""]) => kind)
  expect(kinds.length).toBeGreaterThan(10)
  for (const names of Object.values(jobNames)) expect([...kinds, ""].filter((kind) => !names[kind])).toEqual([])
})
