export default {
  compatibilityDate: "2025-10-01",
  // For Cloudflare: that a .wasm file may be imported.
  experimental: { wasm: true },
  cloudflare: { deployConfig: true },
};
