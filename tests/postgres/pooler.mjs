// What a connection pooler does to a client, without a pooler. It refuses parameters of a connection that it does not
// track, as PgBouncer does, and in transaction pooling it does not deliver notifications.

import { EventEmitter, once } from "node:events";
import { createConnection, createServer } from "node:net";

/** The parameters that PgBouncer tracks, in addition to those that choose the session. */
const TRACKED = ["user", "database", "application_name", "client_encoding", "DateStyle", "TimeZone"];

/**
 * @param {string} socket the path of PostgreSQL's Unix socket
 * @param {{ sessions: boolean }} options whether a client keeps its session
 */
export async function startPooler(socket, { sessions }) {
  const connections = new Set();
  const held = new EventEmitter();
  let holding = false;
  let hangs;
  const server = createServer(async (client) => {
    connections.add(client.on("error", () => {}));
    if (holding) return client.destroy();
    const [startup] = await once(client, "data");
    // The length, the protocol's version, and pairs of texts that end with a zero byte.
    const texts = startup.subarray(8).toString().split("\0");
    const names = texts.filter((text, at) => at % 2 === 0 && text !== "");
    const other = names.find((name) => !TRACKED.includes(name));
    if (other !== undefined) return client.end(refusal(`unsupported startup parameter: ${other}`));
    const upstream = createConnection(socket).on("error", () => client.destroy());
    connections.add(upstream);
    upstream.write(startup);
    client.on("data", (chunk) => {
      if (holding && chunk.includes("COMMIT\0")) return held.emit("commit");
      const hung = hangs !== undefined && chunk.includes(hangs);
      held.emit("query", chunk);
      if (hung) {
        hangs = undefined;
        return client.removeAllListeners("data");
      }
      return upstream.write(chunk);
    });
    client.on("end", () => upstream.end());
    let rest = Buffer.alloc(0);
    upstream.on("data", (chunk) => {
      rest = Buffer.concat([rest, chunk]);
      while (rest.length >= 5 && rest.length > rest.readInt32BE(1)) {
        const message = rest.subarray(0, 1 + rest.readInt32BE(1));
        rest = rest.subarray(message.length);
        if (sessions || message[0] !== "A".charCodeAt()) client.write(message);
      }
    });
    upstream.on("end", () => client.end());
    return undefined;
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    /** From now on, COMMIT is lost on the way and nobody can connect; resolves when one was lost. */
    hold() {
      holding = true;
      return once(held, "commit");
    },
    release: () => (holding = false),
    /** The connection that sends the next query with this text hangs from then on; resolves when it does. */
    hang(text) {
      hangs = text;
      return this.next(text);
    },
    /** Resolves when the next query with this text arrives. */
    async next(text) {
      for (;;) {
        const [chunk] = await once(held, "query");
        if (chunk.includes(text)) return;
      }
    },
    urlOf: (name) => `postgres://gateway@127.0.0.1:${server.address().port}/${name}`,
    close() {
      for (const each of connections) each.destroy();
      server.close();
    },
  };
}

/** An ErrorResponse of the protocol. */
function refusal(text) {
  const fields = Buffer.from(`SFATAL\0C08P01\0M${text}\0\0`);
  const head = Buffer.alloc(5);
  head.write("E");
  head.writeInt32BE(fields.length + 4, 1);
  return Buffer.concat([head, fields]);
}
