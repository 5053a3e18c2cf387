export default {
  compatibilityDate: "2025-10-01",
  // Allows importing a .wasm file on Cloudflare.
  experimental: { wasm: true },
  cloudflare: { deployConfig: true },
};
