import { useQuery } from "@tanstack/react-query"
import type { OperatorNotices, OperatorNoticesChange } from "@/contract"
import { ApiFailure, get, put } from "@/shared/api/http"
import type { Locale } from "@/shared/lib/prefs"

export const noticesKey = ["operator-notices"] as const
const address = "/api/operators/me/notices"

export function useNoticeWishes() {
  return useQuery({ queryKey: noticesKey, queryFn: ({ signal }) => get<OperatorNotices>(address, signal) })
}

/** "+03:00": for a zone that the server does not know. */
export function offsetName(minutesWest: number): string {
  const minutes = Math.abs(minutesWest)
  const two = (n: number) => String(n).padStart(2, "0")
  return `${minutesWest > 0 ? "-" : "+"}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`
}

/** The language and the time zone are those of this browser. */
export async function saveWishes(now: OperatorNotices, change: Partial<OperatorNoticesChange>, language: Locale): Promise<OperatorNotices> {
  const { waiting, assigned, answered, quiet_from, quiet_to } = { ...now, ...change }
  const wishes = { waiting, assigned, answered, quiet_from, quiet_to, language }
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC"
  try {
    return await put<OperatorNotices>(address, { ...wishes, time_zone: zone })
  } catch (failure) {
    if (!(failure instanceof ApiFailure) || failure.field !== "time_zone") throw failure
    return put<OperatorNotices>(address, { ...wishes, time_zone: offsetName(new Date().getTimezoneOffset()) })
  }
}
