import type { Message } from "@/contract"
import { post } from "@/shared/api/http"

export function retryMessage(id: number): Promise<Message> {
  return post<Message>(`/api/messages/${id}/retry`)
}
