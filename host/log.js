/**
 * Logs a failure by the name of its error alone: an error's message may contain anything.
 *
 * @param {Record<string, string>} what such as `{ alarm: "failed" }`
 * @param {any} error
 */
export function logFailure(what, error) {
  console.error(JSON.stringify({ ...what, error: String(error?.name ?? "Error") }));
}
