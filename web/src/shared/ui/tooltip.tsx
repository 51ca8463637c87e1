import * as Primitive from "@radix-ui/react-tooltip"
import type { ReactElement, ReactNode } from "react"
import { Keys } from "./keys"

export function TooltipProvider({ children }: { children: ReactNode }) {
  return <Primitive.Provider delayDuration={350} skipDelayDuration={150}>{children}</Primitive.Provider>
}

interface TooltipProps {
  label: ReactNode
  shortcut?: string | undefined
  side?: "top" | "right" | "bottom" | "left"
  children: ReactElement
}

export function Tooltip({ label, shortcut, side = "bottom", children }: TooltipProps) {
  return (
    <Primitive.Root>
      <Primitive.Trigger asChild>{children}</Primitive.Trigger>
      <Primitive.Portal>
        <Primitive.Content
          side={side}
          sideOffset={6}
          collisionPadding={8}
          className="pointer-events-none z-50 flex max-w-72 animate-in items-center gap-2 rounded-lg bg-[#1d212a] px-2.5 py-1.5 text-xs text-white shadow-lg dark:bg-[#343b48]"
        >
          {label}
          {shortcut && <Keys shortcut={shortcut} className="opacity-75" />}
        </Primitive.Content>
      </Primitive.Portal>
    </Primitive.Root>
  )
}
