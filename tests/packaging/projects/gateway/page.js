import * as client from "cloudauth-edge/gateway-client";
import { use } from "./use.js";

// Of the page's own origin.
use(client, undefined, location.search.slice(1)).then(
  (result) => (document.querySelector("output").value = JSON.stringify(result)),
  (error) => (document.querySelector("output").value = `${error}\n${error.stack}`),
);
