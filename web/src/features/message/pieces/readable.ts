/** JSON with a line for each of its members; anything else as it is. */
export function readable(data: string): string {
  if (!/^\s*[[{]/.test(data)) return data
  try {
    return JSON.stringify(JSON.parse(data), null, 2)
  } catch {
    return data
  }
}
