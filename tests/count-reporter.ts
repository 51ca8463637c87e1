// A node:test reporter that prints one line, "N passed, N failed": tests without children count, suites do not.
import type { TestEvent } from "node:test/reporters"

export default async function* countReporter(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  let passed = 0
  let failed = 0
  for await (const event of source) {
    if (event.type !== "test:pass" && event.type !== "test:fail") continue
    const data = event.data as { details?: { type?: string }; skip?: unknown }
    if (data.details?.type === "suite" || data.skip) continue
    if (event.type === "test:pass") passed++
    else failed++
  }
  yield `${passed} passed, ${failed} failed\n`
}
