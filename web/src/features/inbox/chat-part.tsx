import { Skeleton } from "@/shared/ui/misc"
import { part } from "@/shared/ui/part"

export interface ChatProps {
  id: number
  backTo: string
}

/** A separate file, because a phone shows the list without it. For the address of a conversation it is loaded with the desk's files. */
export const Chat = part<ChatProps>(() => import("./chat"))

export function ChatSkeleton() {
  return <main className="flex-1 bg-chat"><div className="flex h-15 items-center gap-3 border-b bg-surface px-4"><Skeleton className="size-9 rounded-full" /><Skeleton className="h-3 w-40" /></div></main>
}
