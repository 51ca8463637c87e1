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

/** A function, since a top-level await would block: a language's file imports this script, and each would wait for the other. */
async function start(): Promise<void> {
  setCatalogues({ en, ru: async () => (await import("./words/ru")).ru })
  followPrefs()
  fetchShell()
  // The language first, so that no text changes after it is shown.
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

// In a task of its own, so that the browser can handle input between parsing the scripts and drawing.
setTimeout(() => void start())
