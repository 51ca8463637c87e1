import { useMutation } from "@tanstack/react-query"
import type { Session } from "@/contract"
import { post } from "@/shared/api/http"
import { queryClient } from "@/shared/lib/query"
import { meKey } from "./me"

export function useChangePassword() {
  return useMutation({
    mutationFn: (body: { current_password: string; new_password: string }) => post<Session>("/api/auth/password", body),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: meKey }),
  })
}
