import { post } from "@/shared/api/http"

export function resetPassword(id: number): Promise<{ password: string }> {
  return post<{ password: string }>(`/api/operators/${id}/reset-password`)
}
