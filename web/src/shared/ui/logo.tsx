import { useId } from "react"
import { cn } from "../lib/cn"

/** A patch cord between two jacks, in the shape of the first letter. `bare`: for a logo beside the written name. */
export function Logo({ className, bare }: { className?: string; bare?: boolean }) {
  const id = useId()
  return (
    <svg viewBox="0 0 64 64" className={cn("size-9", className)} {...(bare ? { "aria-hidden": true } : { role: "img", "aria-labelledby": id })}>
      {!bare && <title id={id}>Switchboard</title>}
      <rect width="64" height="64" rx="15" fill="#2f5be8" />
      <path d="M42 17H27.5a7.5 7.5 0 0 0 0 15h9a7.5 7.5 0 0 1 0 15H22" fill="none" stroke="#fff" strokeWidth="6" strokeLinecap="round" />
      <circle cx="44.5" cy="17" r="6.5" fill="#2f5be8" stroke="#fff" strokeWidth="5" />
      <circle cx="19.5" cy="47" r="6.5" fill="#ffc24b" stroke="#fff" strokeWidth="5" />
    </svg>
  )
}
