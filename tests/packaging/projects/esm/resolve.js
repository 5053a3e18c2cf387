// Prints what import and require resolve for each request on the command line.

import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(import.meta.url);

for (const request of process.argv.slice(2)) {
  const found = {
    request,
    import: import.meta.resolve(request),
    require: pathToFileURL(require.resolve(request)).href,
  };
  console.log(JSON.stringify(found));
}
