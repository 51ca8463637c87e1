import { RotateCw } from "lucide-react"
import { useState, type ReactNode } from "react"
import type { FileError } from "@/contract"
import { useT } from "@/shared/i18n"
import { cn } from "@/shared/lib/cn"
import { toastFailure } from "@/shared/ui/toast"
import { fetchFile } from "./fetch-file"

interface FetchAgainProps {
  /** Null: fetching again would not help. */
  file: number | null
  error?: FileError | undefined
  /** The text if the server gives no reason. */
  why: string
  className?: string
  children?: ReactNode
}

/** The reason why a file is missing, and a button that fetches it again. */
export function FetchAgain({ file, error, why, className, children }: FetchAgainProps) {
  const t = useT().message.kinds
  const [busy, setBusy] = useState(false)
  const again = (id: number) => {
    setBusy(true)
    fetchFile(id).catch(toastFailure).finally(() => setBusy(false))
  }
  return (
    <span data-testid="file-failed" className={cn("flex flex-wrap items-center gap-x-2 text-[13px] text-muted-foreground", className)}>
      <span>{error && file !== null ? t.fileErrors[error] : why}</span>
      {file !== null && error !== "removed" && (
        <button type="button" disabled={busy} aria-busy={busy} onClick={() => again(file)} className="inline-flex min-h-6 items-center gap-1 rounded font-medium text-link hover:underline disabled:opacity-60 max-md:min-h-10">
          <RotateCw className={cn("size-3", busy && "animate-spin")} aria-hidden="true" />
          {busy ? t.fetching : t.fetchAgain}
        </button>
      )}
      {children}
    </span>
  )
}
