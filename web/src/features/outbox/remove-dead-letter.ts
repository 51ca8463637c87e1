import { del } from "@/shared/api/http"

export function removeDeadLetter(id: number): Promise<void> {
  return del<void>(`/api/dead-letters/${id}`)
}
