/** The share of all voters; with several answers the sum may exceed 100. */
export function percentOf(voters: number, all: number): number {
  return all > 0 ? Math.min(100, Math.round((voters / all) * 100)) : 0
}
