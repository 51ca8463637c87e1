import tailwindcss from "@tailwindcss/vite"
import react from "@vitejs/plugin-react"
import { fileURLToPath } from "node:url"
import { defineConfig, type Plugin } from "vite"

// The server sends this policy with every page; `vite preview` sends it too, so that a violation shows before it ships.
const policy =
  "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self' ws: wss:"

const server = "http://127.0.0.1:3000"
const proxy = {
  "/api": server,
  "/ws": { target: server.replace("http", "ws"), ws: true },
}

/**
 * What the built page says of its files. Those of the desk, and of a conversation, are named, so that theme.js can have
 * them fetched at once for whoever is signed in. Scripts come after the styles on a slow line: with these alone the page shows its first words.
 */
function pageFiles(): Plugin {
  return {
    name: "page-files",
    transformIndexHtml: {
      order: "post",
      handler(html, { bundle, chunk: entry }) {
        if (!bundle) return html
        const chunks = Object.values(bundle).filter((file) => file.type === "chunk")
        /** The file that holds the module, and what it imports besides `known`. */
        const filesOf = (module: string, known: readonly string[]): string[] => {
          const file = chunks.find((chunk) => chunk.moduleIds.some((id) => id.endsWith(module)))
          if (!file) throw new Error(`The file of ${module} is not among those that were built.`)
          return [file.fileName, ...file.imports].filter((name) => !known.includes(name))
        }
        const first = entry ? [entry.fileName] : []
        const desk = filesOf("/src/app/shell.tsx", first)
        const chat = filesOf("/src/features/inbox/chat.tsx", [...first, ...desk])
        const list = (files: readonly string[]) => files.map((name) => `/${name}`).join(" ")
        return html
          .replaceAll('<script type="module"', '<script type="module" fetchpriority="low"')
          .replace('src="/theme.js"', `src="/theme.js" data-desk="${list(desk)}" data-chat="${list(chat)}"`)
      },
    },
  }
}

export default defineConfig({
  plugins: [react(), tailwindcss(), pageFiles()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  // Inlined assets would be data: URLs, which the policy allows for pictures only.
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // What everyone needs, what the desk needs besides, and what a conversation does (features/inbox/chat.tsx): a phone shows either the
    // list or a conversation. Each file more is a request more.
    rolldownOptions: { output: { codeSplitting: { groups: [
      { name: "base", tags: ["$initial"], priority: 2 },
      { name: "desk", test: /\/src\/app\/shell\.tsx$/, priority: 1 },
    ] } } },
  },
  server: { proxy },
  preview: { proxy, headers: { "Content-Security-Policy": policy } },
})
