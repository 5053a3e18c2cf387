// Sends requests as fast as a server accepts them, with node:http over kept-alive connections.

import { Agent, request } from "node:http";
import { quantile } from "./measure.mjs";

export class Load {
  #agent = new Agent({ keepAlive: true });

  /** One request; throws if the response has a different status. */
  send({ url, method = "POST", headers, body, status = 200 }) {
    return new Promise((resolve, reject) => {
      const sending = request(url, { method, headers, agent: this.#agent }, (response) => {
        const chunks = [];
        response.on("data", (chunk) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString();
          if (response.statusCode === status) resolve(text);
          else reject(new Error(`${url} answered ${response.statusCode}: ${text}`));
        });
      });
      sending.on("error", reject);
      sending.end(body);
    });
  }

  /**
   * Sends the requests of `next()`, for a given time or number.
   *
   * @returns {Promise<{ done: number, perSecond: number, p50: number, p99: number }>} times in milliseconds
   */
  async run(next, { inFlight = 1, millis = Infinity, requests = Infinity }) {
    const times = [];
    const begun = performance.now();
    const deadline = begun + millis;
    let left = requests;
    await Promise.all(
      Array.from({ length: inFlight }, async () => {
        while (left-- > 0 && performance.now() < deadline) {
          const sentAt = performance.now();
          await this.send(next());
          times.push(performance.now() - sentAt);
        }
      }),
    );
    const passed = performance.now() - begun;
    times.sort((a, b) => a - b);
    return {
      done: times.length,
      perSecond: (times.length * 1000) / passed,
      p50: quantile(times, 0.5),
      p99: quantile(times, 0.99),
    };
  }

  close() {
    this.#agent.destroy();
  }
}
