/** Makes a switch total: when the contract gains a case, the compiler points at every reducer that must handle it. */
export function assertNever(event: never): void {
  // A newer server may send what this build does not know; it is passed over, and the next fetch brings the state.
  void event
}
