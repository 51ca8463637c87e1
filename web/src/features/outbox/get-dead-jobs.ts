import { useQuery } from "@tanstack/react-query"
import type { DeadJob } from "@/contract"
import { useMe } from "@/features/access"
import { del, get, post } from "@/shared/api/http"
import { allows } from "@/shared/lib/action"

export const deadJobsKey = ["dead-jobs"] as const

/** Jobs of the program that were given up: for administrators only. There are few, so one page suffices. */
export function useDeadJobs() {
  return useQuery({
    queryKey: deadJobsKey,
    queryFn: async ({ signal }) => (await get<{ data: DeadJob[] }>("/api/dead-jobs?limit=100", signal)).data,
    staleTime: 0,
    enabled: allows(useMe(), "setting.manage"),
  })
}

export const retryDeadJob = (id: number) => post<void>(`/api/dead-jobs/${id}/retry`)
export const removeDeadJob = (id: number) => del<void>(`/api/dead-jobs/${id}`)
