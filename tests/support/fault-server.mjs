import { once } from "node:events";
import { createServer } from "node:http";

/**
 * A loopback server. `answer` is `(request, response) => void`, with the body in `request.text` and, parsed, in
 * `request.form`.
 */
export async function loopback(answer) {
  const server = createServer(async (request, response) => {
    request.text = "";
    try {
      for await (const chunk of request.setEncoding("utf8")) request.text += chunk;
    } catch {
      return; // The client has disconnected.
    }
    request.form = new URLSearchParams(request.text);
    await answer(request, response);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  async function close() {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  return {
    endpoint: `http://127.0.0.1:${server.address().port}`,
    /** Accepts no more connections. */
    refuse: () => server.close(),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/**
 * A loopback server that responds to each request with the next of `answers` (repeating the last one) and records the
 * requests.
 */
export async function faultServer(...answers) {
  const requests = [];
  const server = await loopback((request, response) => {
    const answer = answers[Math.min(requests.length, answers.length - 1)];
    const { method, url, headers, form, socket } = request;
    requests.push({ method, url, headers, form, port: socket.remotePort });
    return answer(request, response);
  });
  return { ...server, requests };
}

export const json =
  (body, status = 200, headers = {}) =>
  (_, response) =>
    response
      .writeHead(status, { "content-type": "application/json;charset=utf-8", ...headers })
      .end(JSON.stringify(body));

export const text =
  (body, status = 200, type = "text/html") =>
  (_, response) =>
    response.writeHead(status, { "content-type": type }).end(body);

export const certifyId = "91707dc296d469ad38e4c5efa6a0f24b";
export const started = json({
  Code: "200",
  Message: "success",
  RequestId: "130A2C10-B9EE-4D84-88E3-5384FF039795",
  ResultObject: { CertifyId: certifyId },
});
export const pending = json({ Code: "424", Message: "身份认证记录不存在", RequestId: "R" });

export const hang = () => {};
export const hangInBody = (_, response) => {
  response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
  response.write('{"Code":"200",');
};
export const reset = (request) => request.socket.resetAndDestroy();
export const halfJson = text('{"Code":"200","ResultObject":{"Certi', 200, "application/json");
export const endless = (_, response) => {
  response.writeHead(200, { "content-type": "application/json" });
  const chunk = Buffer.alloc(65536, " ");
  let left = 1600; // 100 MB
  const write = () => {
    while (left-- > 0) if (!response.write(chunk)) return response.once("drain", write);
    response.end();
  };
  write();
};

/** Alibaba Cloud's tolerance of 15 minutes, with a clock skew of `offsetMillis`. */
export const clockOff = (offsetMillis, answer) => (request, response) => {
  const now = Date.now() + offsetMillis;
  const off = Math.abs(Date.parse(request.form.get("Timestamp")) - now);
  response.setHeader("date", new Date(now).toUTCString());
  if (off > 15 * 60 * 1000) {
    return json(
      { Code: "InvalidTimeStamp.Expired", Message: "Specified time stamp or date value is expired." },
      400,
    )(request, response);
  }
  answer(request, response);
};
