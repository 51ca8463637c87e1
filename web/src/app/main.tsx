import "./styles.css"
import { QueryClientProvider } from "@tanstack/react-query"
import { StrictMode } from "react"
import { createRoot } from "react-dom/client"
import { loadLocale, setCatalogues } from "@/shared/i18n"
import { followPrefs, getPrefs } from "@/shared/lib/prefs"
import { queryClient } from "@/shared/lib/query"
import { ConfirmHost } from "@/shared/ui/confirm"
import { Toaster } from "@/shared/ui/toast"
import { TooltipLayer } from "@/shared/ui/tooltip"
import { App, fetchShell } from "./app"
import { Crash } from "./crash"
import { en } from "./words/en"

/** No await outside of a function: a language's file imports this one's, and each would wait for the other. */
async function start(): Promise<void> {
  setCatalogues({ en, ru: async () => (await import("./words/ru")).ru })
  followPrefs()
  fetchShell()
  // The language first: a page that changes its words under the reader's eyes looks broken.
  await loadLocale(getPrefs().locale).catch(() => {})
  const root = document.getElementById("root")
  if (root)
    createRoot(root).render(
      <StrictMode>
        <Crash>
          <QueryClientProvider client={queryClient}>
            <App />
            <ConfirmHost />
            <Toaster />
            <TooltipLayer />
          </QueryClientProvider>
        </Crash>
      </StrictMode>,
    )
}

// In a task of its own, so that a phone may answer a finger between reading the scripts and drawing.
setTimeout(() => void start())
