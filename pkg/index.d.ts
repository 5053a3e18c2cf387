// Declared as CommonJS: every TypeScript version allows ES modules to import it, but not the reverse.
export * from "./index.cjs";
