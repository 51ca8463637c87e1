import { useInfiniteQuery } from "@tanstack/react-query"
import type { AuditEntry } from "@/contract"
import { get } from "@/shared/api/http"

export const auditKey = ["audit"] as const
export const auditParts = ["all", "changes", "sign_ins"] as const
export type AuditPart = (typeof auditParts)[number]

interface AuditPage {
  data: AuditEntry[]
  next_cursor: string | null
}

export function useAudit(part: AuditPart) {
  return useInfiniteQuery({
    queryKey: [...auditKey, part],
    queryFn: ({ pageParam, signal }) => get<AuditPage>(`/api/audit?limit=50&part=${part}${pageParam ? `&cursor=${encodeURIComponent(pageParam)}` : ""}`, signal),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    staleTime: 0,
  })
}
