import react from "@vitejs/plugin-react"
import { defineConfig } from "vite"

/** In development the API is a server that runs already. */
const server = "http://127.0.0.1:8080"

export default defineConfig({
  base: "/dashboard/",
  plugins: [react()],
  build: {
    outDir: "../server/static",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    target: "es2022",
    modulePreload: false,
  },
  server: { proxy: { "/v1": server } },
})
