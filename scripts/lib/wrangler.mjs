/**
 * The arguments of `wrangler dev` on 127.0.0.1. A Worker reads .dev.vars next to its configuration file; without `config`,
 * that is the project's.
 */
export const devArguments = ({ config, port, persistTo, vars = {} }) => [
  "dev",
  ...(config ? [`--config=${config}`] : []),
  "--ip=127.0.0.1",
  `--port=${port}`,
  // Otherwise, requests have the host name of a route in wrangler.toml.
  "--infer-origin-from-routes=false",
  "--inspector-port=0",
  "--show-interactive-dev-session=false",
  `--persist-to=${persistTo}`,
  ...Object.entries(vars).flatMap(([name, value]) => ["--var", `${name}:${value}`]),
];
