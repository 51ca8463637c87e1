import { post } from "@/shared/api/http"

/** Asks the channel once more for a file that could not be fetched; events tell what becomes of it. */
export function fetchFile(id: number): Promise<unknown> {
  return post(`/api/files/${id}/fetch`)
}
