import { post } from "@/shared/api/http"

/** Fetches a failed file again. The result arrives as message_update events. */
export function fetchFile(id: number): Promise<unknown> {
  return post(`/api/files/${id}/fetch`)
}
