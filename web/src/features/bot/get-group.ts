import { useQuery } from "@tanstack/react-query"
import type { StaffGroup } from "@/contract"
import { get } from "@/shared/api/http"

export const groupKey = ["staff-group"] as const
const LOOK_MS = 3000

/** Whether Telegram takes what goes there is found out by and by, so an open page looks again. */
export function useGroup() {
  return useQuery({
    queryKey: groupKey,
    queryFn: ({ signal }) => get<StaffGroup>("/api/channels/telegram/group", signal),
    staleTime: 0,
    refetchInterval: LOOK_MS,
  })
}
