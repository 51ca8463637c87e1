import { useQuery } from "@tanstack/react-query"
import type { StaffGroup } from "@/contract"
import { get } from "@/shared/api/http"

export const groupKey = ["staff-group"] as const
const LOOK_MS = 3000

/** Whether Telegram accepts messages to the group is found out later, so an open page requests it again at intervals. */
export function useGroup() {
  return useQuery({
    queryKey: groupKey,
    queryFn: ({ signal }) => get<StaffGroup>("/api/channels/telegram/group", signal),
    staleTime: 0,
    refetchInterval: LOOK_MS,
  })
}
