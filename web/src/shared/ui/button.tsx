import { cva, type VariantProps } from "class-variance-authority"
import { cloneElement, type ComponentProps, type ReactElement } from "react"
import { cn } from "../lib/cn"

const buttonVariants = cva(
  "inline-flex shrink-0 items-center justify-center gap-2 rounded-lg font-medium whitespace-nowrap select-none transition-[background-color,color,box-shadow,opacity] duration-150 disabled:pointer-events-none disabled:opacity-50 [&_svg]:shrink-0",
  {
    variants: {
      variant: {
        default: "bg-primary text-primary-foreground shadow-sm hover:bg-primary-hover",
        outline: "border border-input bg-surface hover:bg-accent",
        secondary: "bg-accent hover:bg-border",
        ghost: "text-muted-foreground hover:bg-accent hover:text-foreground",
        soft: "bg-primary-soft text-link hover:brightness-97 dark:hover:brightness-115",
        destructive: "bg-destructive-soft text-destructive hover:brightness-97 dark:hover:brightness-115",
        link: "h-auto p-0 text-link underline-offset-4 hover:underline",
      },
      size: {
        default: "h-9 px-3.5 text-sm max-md:h-10 [&_svg]:size-4",
        sm: "h-8 px-2.5 text-[13px] max-md:h-10 [&_svg]:size-3.5",
        lg: "h-11 px-5 text-[15px] [&_svg]:size-4.5",
        icon: "size-9 max-md:size-10 [&_svg]:size-[18px]",
        "icon-sm": "size-8 max-md:size-10 [&_svg]:size-4",
        text: "text-sm [&_svg]:size-3.5",
      },
    },
    defaultVariants: { variant: "default", size: "default" },
  },
)

export type ButtonProps = ComponentProps<"button"> & VariantProps<typeof buttonVariants> & { asChild?: boolean; busy?: boolean }

export function Button({ className, variant, size, asChild = false, busy = false, disabled, children, ...props }: ButtonProps) {
  const classes = cn(buttonVariants({ variant, size }), className)
  if (asChild) return cloneElement(children as ReactElement<Record<string, unknown>>, { "data-slot": "button", className: classes, ...props })
  return (
    <button data-slot="button" type="button" className={classes} disabled={disabled || busy} aria-busy={busy || undefined} {...props}>
      {busy && <Spinner />}
      {children}
    </button>
  )
}

export function Spinner({ className }: { className?: string }) {
  return (
    <span
      aria-hidden="true"
      className={cn("inline-block size-4 shrink-0 animate-spin rounded-full border-2 border-current border-r-transparent opacity-80", className)}
    />
  )
}
