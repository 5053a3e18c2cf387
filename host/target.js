/**
 * The path and query of a request's target. The path is empty, which matches no route, if parsing would change it: a
 * reverse proxy has decided by the path as it was sent, such as /v1/callbacks/..\face-verifications.
 *
 * @param {string} target a path with its query, or a whole URL
 */
export function parsed(target) {
  const [, origin = "", path] = /^(https?:\/\/[^/?#\\]*)?([^?]*)/i.exec(target) ?? [];
  const url = URL.parse(origin ? target : `http://host${target}`);
  if (url?.pathname !== (path || "/")) return { path: "", query: "" };
  return { path: url.pathname, query: url.search.slice(1) };
}
