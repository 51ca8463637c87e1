import type { AnchorHTMLAttributes, MouseEvent } from "react"
import { createStore, useStore } from "./store"

/** The address as a store. The panel has few paths; the features' `routes` list them. */
const address = createStore(location.pathname + location.search)

addEventListener("popstate", () => address.set(location.pathname + location.search))

export function navigate(to: string, options: { replace?: boolean } = {}): void {
  if (to === location.pathname + location.search) return
  if (options.replace) history.replaceState(null, "", to)
  else history.pushState(null, "", to)
  address.set(location.pathname + location.search)
}

const pathOf = (full: string) => full.split("?")[0] ?? full
const searchOf = (full: string) => full.slice(pathOf(full).length)

export function currentPath(): string {
  return pathOf(address.get())
}

export function currentSearch(): string {
  return searchOf(address.get())
}

export function usePath(): string {
  return useStore(address, pathOf)
}

/** The query string with its question mark; may be empty. */
export function useSearch(): string {
  return useStore(address, searchOf)
}

/** "/c/:id" against "/c/12" gives {id: "12"}; null when it does not match. */
export function matchPath(pattern: string, actual: string): Record<string, string> | null {
  const want = pattern.split("/").filter(Boolean)
  const have = actual.split("/").filter(Boolean)
  if (want.length !== have.length) return null
  const params: Record<string, string> = {}
  for (const [i, part] of want.entries()) {
    const value = have[i] ?? ""
    if (part.startsWith(":")) params[part.slice(1)] = decodeURIComponent(value)
    else if (part !== value) return null
  }
  return params
}

/** A click that opens the link in this tab. */
export function isPlainClick(event: MouseEvent): boolean {
  return event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey
}

export function followLink(event: MouseEvent, to: string): void {
  if (event.defaultPrevented || !isPlainClick(event)) return
  event.preventDefault()
  navigate(to)
}

export function Link({ href, onClick, ...rest }: AnchorHTMLAttributes<HTMLAnchorElement> & { href: string }) {
  return (
    <a
      href={href}
      onClick={(event) => {
        onClick?.(event)
        followLink(event, href)
      }}
      {...rest}
    />
  )
}
