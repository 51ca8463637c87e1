import { useEffect } from "react"
import { getT } from "../i18n"
import { createStore } from "./store"

/** The tab's title and icon: the title of the current page, and the number of waiting messages. */
const titles = createStore<readonly { title: string }[]>([])
const waiting = createStore(0)

export function useDocumentTitle(title: string): void {
  useEffect(() => {
    const mine = { title }
    titles.set((old) => [...old, mine])
    return () => titles.set((old) => old.filter((one) => one !== mine))
  }, [title])
}

/** 0: no number. */
export function setWaitingInTitle(count: number): void {
  waiting.set(count)
}

function paint(): void {
  const { app } = getT()
  const title = titles.get().at(-1)?.title ?? app.name
  const count = waiting.get()
  document.title = count > 0 ? app.titleBadge(count, title) : title
  const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]')
  const href = count > 0 ? "/favicon-unread.svg" : "/favicon.svg"
  if (icon && icon.getAttribute("href") !== href) icon.setAttribute("href", href)
}

titles.subscribe(paint)
waiting.subscribe(paint)
