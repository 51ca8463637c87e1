import { useMutation, useQuery } from "@tanstack/react-query"
import type { AppChannel } from "@/contract"
import { get, post } from "@/shared/api/http"
import { queryClient } from "@/shared/lib/query"

const appsKey = ["apps"] as const

export function useApps() {
  return useQuery({ queryKey: appsKey, queryFn: ({ signal }) => get<AppChannel>("/api/channels/mobile", signal), staleTime: 0 })
}

export function useNewAppKey() {
  return useMutation({
    mutationFn: () => post<AppChannel>("/api/channels/mobile/key"),
    onSuccess: (apps) => queryClient.setQueryData(appsKey, apps),
  })
}
