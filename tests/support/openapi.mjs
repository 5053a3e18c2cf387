// Checks every response of the gateway against its own description.

import assert from "node:assert/strict";
import Ajv2020 from "ajv/dist/2020.js";

/** Headers that HTTP, the platform, CORS and the gateway's mode add to every response. */
const EVERYWHERE =
  /^(cloudauth-gateway-mode|connection|content-(length|type|encoding)|date|keep-alive|transfer-encoding|vary|x-content-type-options|access-control-.*)$/;

/**
 * @param {object} document the content of /openapi.json
 * @returns {(answer: { method: string, path: string, status: number, headers: Headers, text: string, json: unknown })
 *   => void}
 *   throws if a response does not match the description
 */
export function describedBy(document) {
  // `components`, `paths` and the like are not keywords of JSON Schema, but references lead through them.
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateSchema: false });
  ajv.addSchema({ ...document, $id: "openapi" });
  const compiled = new Map();

  function check(pointer, value, what) {
    const target = pointer.map((part) =>
      encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1")),
    );
    const reference = `openapi#/${target.join("/")}`;
    if (!compiled.has(reference)) compiled.set(reference, ajv.compile({ $ref: reference }));
    const validate = compiled.get(reference);
    assert.ok(validate(value), `${what}: ${ajv.errorsText(validate.errors)}\n${JSON.stringify(value)}`);
  }

  function resolved(object, pointer) {
    if (!object.$ref) return [object, pointer];
    const parts = object.$ref.slice(2).split("/");
    return [parts.reduce((node, part) => node[part], document), parts];
  }

  return ({ method, path, status, headers, text, json }) => {
    const what = `${method} ${path} ${status}`;
    const [pattern, described] = pathOf(document, path) ?? [];
    // HEAD responds like GET, without the body.
    const verb = method === "HEAD" ? "get" : method.toLowerCase();
    const operation = described?.[verb];
    if (!operation) {
      assert.ok([404, 405].includes(status), `${what} is not described`);
      if (method !== "HEAD") check(["components", "schemas", "Problem"], json, what);
      assert.equal(headers.has("allow"), status === 405, `${what}: allow`);
      return;
    }
    const response = operation.responses[status];
    assert.ok(response, `${what} is not described`);
    const at = ["paths", pattern, verb, "responses", String(status)];
    for (const [name, header] of Object.entries(response.headers ?? {})) {
      const [schema, pointer] = resolved(header, [...at, "headers", name]);
      const value = headers.get(name);
      if (value === null) assert.ok(!schema.required, `${what} has no ${name}`);
      else check([...pointer, "schema"], value, `${what} ${name}`);
    }
    for (const name of headers.keys()) {
      const known = EVERYWHERE.test(name) || Object.hasOwn(response.headers ?? {}, name);
      assert.ok(known, `${what}: ${name} is not described`);
    }
    if (!response.content || method === "HEAD") {
      assert.equal(text, "", `${what} has a body`);
      return;
    }
    const type = headers.get("content-type");
    assert.ok(Object.hasOwn(response.content, type), `${what}: content-type ${type}`);
    if (response.content[type].schema) check([...at, "content", type, "schema"], json, what);
    if (type === "application/problem+json") {
      assert.equal(json.status, status, what);
      assert.equal(json.requestId, headers.get("x-request-id"), what);
    }
  };
}

function pathOf(document, path) {
  const segments = path.split("?")[0].split("/");
  return Object.entries(document.paths).find(([pattern]) => {
    const parts = pattern.split("/");
    return (
      parts.length === segments.length &&
      parts.every((part, at) => part === segments[at] || (part.startsWith("{") && segments[at] !== ""))
    );
  });
}
