import { useEffect, useState } from "react"
import { Skeleton } from "@/shared/ui/misc"

/** An address as a picture for a phone's camera; one path, since the content policy allows no inline style. */
export default function QrCode({ text, label }: { text: string; label: string }) {
  const [code, setCode] = useState<{ size: number; path: string } | null>(null)
  useEffect(() => {
    let gone = false
    void import("uqr").then(({ encode }) => {
      const { data, size } = encode(text, { ecc: "M", border: 2 })
      const path = data.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : []))).join("")
      if (!gone) setCode({ size, path })
    }, () => {})
    return () => {
      gone = true
    }
  }, [text])
  if (!code) return <Skeleton className="size-40 rounded-xl" />
  return (
    <svg role="img" aria-label={label} data-testid="qr" viewBox={`0 0 ${code.size} ${code.size}`} shapeRendering="crispEdges" className="size-40 shrink-0 rounded-xl border bg-white p-1 text-black">
      <path d={code.path} fill="currentColor" />
    </svg>
  )
}
