import type { Message } from "@/contract"
import { post } from "@/shared/api/http"

export function retryDeadLetter(id: number): Promise<Message> {
  return post<Message>(`/api/dead-letters/${id}/retry`)
}
