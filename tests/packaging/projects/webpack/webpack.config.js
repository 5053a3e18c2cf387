export default { mode: "production", entry: "./page.mjs" };
