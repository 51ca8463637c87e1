import { cn } from "../lib/cn"

const mac = /Mac|iPhone|iPad/.test(navigator.platform)
const names: Record<string, string> = {
  mod: mac ? "⌘" : "Ctrl", shift: mac ? "⇧" : "Shift", alt: mac ? "⌥" : "Alt", enter: "Enter", escape: "Esc", arrowup: "↑", arrowdown: "↓",
}

export function keyNames(shortcut: string): string[] {
  return shortcut.split("+").map((key) => names[key] ?? key.toUpperCase())
}

/** A shortcut such as "mod+k", drawn as the keys of the operator's keyboard. */
export function Keys({ shortcut, className }: { shortcut: string; className?: string }) {
  return (
    <span className={cn("inline-flex gap-1", className)}>
      {keyNames(shortcut).map((key) => (
        <kbd key={key} className="rounded-[5px] border border-current/25 px-1.5 font-sans text-[11px] leading-[18px]">{key}</kbd>
      ))}
    </span>
  )
}
