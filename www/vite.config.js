import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** The module is asked for with the page, and not only once the script has been read. */
const preloadModule = {
  name: "preload-module",
  transformIndexHtml: {
    order: "post",
    handler(_, { bundle = {} }) {
      const module = Object.keys(bundle).find((file) => file.endsWith(".wasm"));
      if (!module) return [];
      const attrs = {
        rel: "preload",
        href: `/${module}`,
        as: "fetch",
        type: "application/wasm",
        crossorigin: "",
      };
      return [{ tag: "link", attrs, injectTo: "head" }];
    },
  },
};

export default defineConfig({
  plugins: [preloadModule],
  root: here("."),
  resolve: {
    alias: { "#lab": here("../pkg/wasm/lab"), "#phone": here("../pkg/phone"), "#pkg": here("../pkg/dist") },
  },
  build: {
    outDir: here("dist"),
    emptyOutDir: true,
    target: "es2022",
    // The content security policy allows no data: URLs.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  worker: { format: "es" },
  server: { host: "127.0.0.1", fs: { allow: [here("..")] } },
});
