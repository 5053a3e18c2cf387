// Declared as CommonJS: every TypeScript lets ES modules import that, and not the reverse.
export * from "./identity.cjs";
