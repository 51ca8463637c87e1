import { useMutation } from "@tanstack/react-query"
import type { StaffGroup } from "@/contract"
import { put } from "@/shared/api/http"
import { queryClient } from "@/shared/lib/query"
import { groupKey } from "./get-group"

/** null: removes the group. */
export function useSetGroup() {
  return useMutation({
    mutationFn: (chatId: string | null) => put<StaffGroup>("/api/channels/telegram/group", { chat_id: chatId }),
    onSuccess: (group) => queryClient.setQueryData(groupKey, group),
  })
}
