import * as Primitive from "@radix-ui/react-dropdown-menu"
import { Check } from "lucide-react"
import type { ComponentProps } from "react"
import { cn } from "../lib/cn"

/** Never modal: the modal kind locks scrolling by injecting a style element, which the content policy refuses. */
export function Menu(props: ComponentProps<typeof Primitive.Root>) {
  return <Primitive.Root modal={false} {...props} />
}

export const MenuTrigger = Primitive.Trigger

export function MenuContent({ className, sideOffset = 6, ...props }: ComponentProps<typeof Primitive.Content>) {
  return (
    <Primitive.Portal>
      <Primitive.Content
        sideOffset={sideOffset}
        collisionPadding={8}
        className={cn(
          "z-50 max-h-[min(60dvh,26rem)] min-w-48 animate-in overflow-y-auto rounded-xl border bg-surface p-1.5 text-sm shadow-lg",
          className,
        )}
        {...props}
      />
    </Primitive.Portal>
  )
}

const item =
  "flex cursor-pointer items-center gap-2.5 rounded-lg px-2.5 py-2 outline-none select-none data-disabled:opacity-45 data-highlighted:bg-accent max-md:py-2.5 [&>svg]:size-4 [&>svg]:text-subtle"

export function MenuItem({ className, destructive, ...props }: ComponentProps<typeof Primitive.Item> & { destructive?: boolean }) {
  return <Primitive.Item className={cn(item, destructive && "text-destructive [&>svg]:text-destructive", className)} {...props} />
}

export function MenuChoice({ className, checked, children, ...props }: ComponentProps<typeof Primitive.CheckboxItem>) {
  return (
    <Primitive.CheckboxItem checked={checked ?? false} className={cn(item, "pr-8 relative", className)} {...props}>
      {children}
      {checked && <Check className="absolute right-2.5 text-link!" />}
    </Primitive.CheckboxItem>
  )
}

export function MenuLabel({ className, ...props }: ComponentProps<typeof Primitive.Label>) {
  return <Primitive.Label className={cn("px-2.5 pt-1.5 pb-1 text-xs font-medium text-subtle", className)} {...props} />
}

export function MenuSeparator() {
  return <Primitive.Separator className="mx-1 my-1.5 h-px bg-border" />
}
