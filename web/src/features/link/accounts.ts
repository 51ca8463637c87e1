import { useQuery } from "@tanstack/react-query"
import type { LinkCode, LinkedAccount } from "@/contract"
import { del, get, post } from "@/shared/api/http"

export const accountsKey = ["linked-accounts"] as const

export function useAccounts() {
  return useQuery({ queryKey: accountsKey, queryFn: ({ signal }) => get<{ data: LinkedAccount[] }>("/api/operators/me/accounts", signal).then(({ data }) => data) })
}

export const makeCode = (): Promise<LinkCode> => post<LinkCode>("/api/operators/me/accounts/code")
export const unlink = (): Promise<unknown> => del("/api/operators/me/accounts")

/** Opens the bot's private chat with the code; Telegram sends it when Start is pressed. */
export const linkTo = (username: string, payload: string): string => `https://t.me/${username}?start=${payload}`
