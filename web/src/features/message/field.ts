/** The one field on the page, for whoever leads there from elsewhere. */
let focus: (() => void) | null = null

export function focusComposer(): void {
  focus?.()
}

/** Called by the field when it is drawn; returns what takes it away. */
export function offerField(own: () => void): () => void {
  focus = own
  return () => {
    if (focus === own) focus = null
  }
}
