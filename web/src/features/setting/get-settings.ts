import { useQuery } from "@tanstack/react-query"
import type { Settings } from "@/contract"
import { get } from "@/shared/api/http"

export const settingsKey = ["settings"] as const

export function useSettings() {
  return useQuery({ queryKey: settingsKey, queryFn: ({ signal }) => get<Settings>("/api/settings", signal), staleTime: 0 })
}
