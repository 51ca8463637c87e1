/** Of all who voted; with several answers the shares may be more than 100 together. */
export function percentOf(voters: number, all: number): number {
  return all > 0 ? Math.min(100, Math.round((voters / all) * 100)) : 0
}
