import { fileURLToPath } from "node:url"
import { defineConfig } from "vite"

// The chat widget, built into the panel's dist after the panel: `--mode frame` its page and the page to try it, with
// hashed files in assets/; `--mode loader` /widget.js, one classic script that adds nothing to a page's globals but what
// it says.
const web = fileURLToPath(new URL("..", import.meta.url))
const page = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

export default defineConfig(({ mode }) => ({
  root: web,
  publicDir: false,
  resolve: { alias: { "@": `${web}src` } },
  build: {
    outDir: "dist",
    emptyOutDir: false,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    ...(mode === "loader"
      ? { lib: { entry: page("loader.ts"), formats: ["iife"], name: "SwitchboardLoader", fileName: () => "widget.js" } }
      : { rollupOptions: { input: { widget: page("index.html"), try: page("try.html") } } }),
  },
}))
