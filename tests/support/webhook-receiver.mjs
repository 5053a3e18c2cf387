// The receiver of webhook deliveries that the guides show.

import { createServer } from "node:http";
import { Webhook } from "standardwebhooks";

const webhook = new Webhook(process.env.WEBHOOK_SECRET); // whsec_…

createServer(async (request, response) => {
  let body = "";
  for await (const chunk of request.setEncoding("utf8")) body += chunk;
  try {
    // {"type":"face-verification.passed","timestamp":"2026-11-23T10:22:32Z",
    //  "data":{"outerOrderNo":"…","certifyId":"…","status":"passed","subCode":"200"}}
    const { data } = webhook.verify(body, request.headers);
    console.log(data.outerOrderNo, data.status, data.subCode);
    response.writeHead(204).end();
  } catch {
    response.writeHead(401).end();
  }
}).listen(process.env.PORT ?? 3000);
