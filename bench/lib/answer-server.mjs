// A stub of Alibaba Cloud in its own process: reads a request, checks nothing and sends a fixed response. Each
// start returns a new CertifyId, because the gateway rejects duplicates.

import { createServer } from "node:http";
import { CERTIFY_ID, answer } from "./input.mjs";

const passed = '{"Code":"200","RequestId":"R","ResultObject":{"Passed":"T","SubCode":"200"}}';
const [beforeId, afterId] = answer.split(CERTIFY_ID);
let starts = 0;
const started = () => `${beforeId}${String(++starts).padStart(CERTIFY_ID.length, "0")}${afterId}`;
const type = "application/json;charset=utf-8";

const server = createServer({ keepAliveTimeout: 120_000, maxHeaderSize: 2 ** 21 }, (request, response) => {
  let describes = false;
  request.on("data", (chunk) => (describes ||= chunk.includes("Action=DescribeFaceVerify")));
  request.on("end", () => {
    const body = describes ? passed : started();
    response.writeHead(200, { "content-type": type, "content-length": body.length }).end(body);
  });
});
server.listen(0, "127.0.0.1", () => process.send(`http://127.0.0.1:${server.address().port}`));
process.on("disconnect", () => process.exit());
