import { useMutation } from "@tanstack/react-query"
import type { Session } from "@/contract"
import { post } from "@/shared/api/http"
import { queryClient } from "@/shared/lib/query"
import { meKey } from "./me"

interface Credentials {
  login: string
  password: string
}

/** Kept until the page is left, so that an operator who must change a one-time password need not type it twice. */
let typedPassword = ""

export function getTypedPassword(): string {
  return typedPassword
}

export function useSignIn() {
  return useMutation({
    // The server accepts either field; an email address is recognised by its "@".
    mutationFn: ({ login, password }: Credentials) =>
      post<Session>("/api/auth/login", login.includes("@") ? { email: login, password } : { login, password }),
    onSuccess: (_, { password }) => {
      typedPassword = password
      // The cached responses may be those of another operator, with other unread counts.
      queryClient.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== meKey[0] })
      return queryClient.resetQueries({ queryKey: meKey })
    },
  })
}
