/** A text or a number as text; every other value as the empty text, because the conversion of an object can throw. */
export const asText = (value: unknown): string =>
  typeof value === "string" || typeof value === "number" || typeof value === "bigint" ? String(value) : "";
