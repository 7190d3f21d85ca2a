// Builds the dashboard into dist/ui; `vite --config src/ui/vite.config.ts` serves it with the API proxied.
import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const API = "http://localhost:8787";

export default defineConfig(({ command }) => {
  // The caller's NODE_ENV, such as a test's, must not decide which React is shipped.
  if (command === "build") process.env.NODE_ENV = "production";
  return {
    root: fileURLToPath(new URL(".", import.meta.url)),
    plugins: [react(), tailwindcss()],
    build: {
      outDir: fileURLToPath(new URL("../../dist/ui", import.meta.url)),
      emptyOutDir: true,
      // The first versions with light-dark(), subgrid and the popover attribute.
      target: ["chrome123", "edge123", "firefox125", "safari17.5"],
      // The Content-Security-Policy allows no data: URLs.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
    },
    server: {
      // The host stays as the browser sent it: a session works from its own origin only.
      proxy: { "/api": { target: API, changeOrigin: false }, "/ws": { target: API, changeOrigin: false, ws: true } },
    },
  };
});
