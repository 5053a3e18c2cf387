const client = require("cloudauth-edge/gateway-client");

const [url, outerOrderNo] = process.argv.slice(2);
import("./use.js")
  .then(({ use }) => use(client, url, outerOrderNo))
  .then((result) => console.log(JSON.stringify(result)));
