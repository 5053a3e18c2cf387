declare module "#lab/cloudauth_edge.js" {
  const initialize: (options: { module_or_path: string }) => Promise<unknown>;
  export default initialize;
}

declare module "#lab/cloudauth_edge_bg.wasm?url" {
  const url: string;
  export default url;
}

declare module "#pkg/core.js" {
  export function guard(glue: object): object;
}
