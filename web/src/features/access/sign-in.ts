import { useMutation } from "@tanstack/react-query"
import type { Session } from "@/contract"
import { post } from "@/shared/api/http"
import { queryClient } from "@/shared/lib/query"
import { meKey } from "./me"

interface Credentials {
  login: string
  password: string
}

export function useSignIn() {
  return useMutation({
    // The server takes either field; an address is recognised by its sign.
    mutationFn: ({ login, password }: Credentials) =>
      post<Session>("/api/auth/login", login.includes("@") ? { email: login, password } : { login, password }),
    onSuccess: () => queryClient.resetQueries({ queryKey: meKey }),
  })
}
