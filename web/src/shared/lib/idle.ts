/** Runs a function when the page is idle, at the latest after some seconds; returns a function that cancels it. */
export function whenIdle(run: () => unknown): () => void {
  // Safari has no requestIdleCallback yet.
  if (typeof requestIdleCallback === "undefined") {
    const timer = setTimeout(run, 500)
    return () => clearTimeout(timer)
  }
  const handle = requestIdleCallback(run, { timeout: 3000 })
  return () => cancelIdleCallback(handle)
}
