/** Runs something when the page has nothing else to do, and at the latest after some seconds; returns what calls it off. */
export function whenIdle(run: () => unknown): () => void {
  // Safari has no such call yet.
  if (typeof requestIdleCallback === "undefined") {
    const timer = setTimeout(run, 500)
    return () => clearTimeout(timer)
  }
  const handle = requestIdleCallback(run, { timeout: 3000 })
  return () => cancelIdleCallback(handle)
}
