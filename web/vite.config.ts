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

/** Names the desk's own files in the page, so that theme.js can have them fetched at once for whoever is signed in. */
function namedDesk(): Plugin {
  return {
    name: "named-desk",
    transformIndexHtml: {
      order: "post",
      handler(html, { bundle }) {
        const chunks = Object.values(bundle ?? {}).filter((file) => file.type === "chunk")
        const shell = chunks.find((chunk) => chunk.facadeModuleId?.endsWith("/src/app/shell.tsx"))
        if (!shell) return html
        return html.replace('src="/theme.js"', `src="/theme.js" data-desk="${[shell.fileName, ...shell.imports].map((name) => `/${name}`).join(" ")}"`)
      },
    },
  }
}

export default defineConfig({
  plugins: [react(), tailwindcss(), namedDesk()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  // Inlined assets would be data: URLs, which the policy allows for pictures only.
  build: { target: "es2022", assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  server: { proxy },
  preview: { proxy, headers: { "Content-Security-Policy": policy } },
})
