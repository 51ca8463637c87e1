/** Indents JSON; returns other data unchanged. */
export function readable(data: string): string {
  if (!/^\s*[[{]/.test(data)) return data
  try {
    return JSON.stringify(JSON.parse(data), null, 2)
  } catch {
    return data
  }
}
