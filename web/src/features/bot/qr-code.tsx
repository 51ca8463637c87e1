import { useEffect, useState } from "react"
import { Skeleton } from "@/shared/ui/misc"

/** An address as a QR code; a single path, because the content security policy forbids inline styles. */
export default function QrCode({ text, label, caption }: { text: string; label: string; caption: string }) {
  const [code, setCode] = useState<{ size: number; path: string } | "missing" | null>(null)
  useEffect(() => {
    let gone = false
    void import("uqr").then(({ encode }) => {
      const { data, size } = encode(text, { ecc: "M", border: 2 })
      const path = data.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : []))).join("")
      if (!gone) setCode({ size, path })
    }, () => !gone && setCode("missing"))
    return () => {
      gone = true
    }
  }, [text])
  // The address is also shown as text.
  if (code === "missing") return null
  return (
    <figure className="flex flex-col items-center gap-2">
      {code ? <Squares {...code} label={label} /> : <Skeleton className="size-40 rounded-xl" />}
      <figcaption className="text-xs text-subtle">{caption}</figcaption>
    </figure>
  )
}

function Squares({ size, path, label }: { size: number; path: string; label: string }) {
  return (
    <svg role="img" aria-label={label} data-testid="qr" viewBox={`0 0 ${size} ${size}`} shapeRendering="crispEdges" className="size-40 shrink-0 rounded-xl border bg-white p-1 text-black">
      <path d={path} fill="currentColor" />
    </svg>
  )
}
