// npm run sbom [-- folder]: CycloneDX 1.6 bills of materials of the crate, both npm packages and the Worker, by default
// in target/sbom/. They contain no time and no random number, so the same sources give the same files.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Spec, Validation } from "@cyclonedx/cyclonedx-library";
import { parse } from "smol-toml";
import { crates, npmPackages, products } from "./lib/dependencies.mjs";
import { Failure } from "./lib/process.mjs";
import { command } from "./lib/progress.mjs";
import { at } from "./lib/project.mjs";

const cargoRef = (key) => `pkg:cargo/${key.replace(" ", "@")}`;
const npmRef = (key) => `pkg:npm/${key.replace(/^@/, "%40").replace(" ", "@")}`;

/** Name and version of a product. The Worker uses those of the crate. */
function identity(manifest) {
  if (manifest === "pkg" || manifest === "server") {
    const { name, version } = JSON.parse(readFileSync(at(manifest, "package.json"), "utf8"));
    return { name, version, ref: npmRef(`${name} ${version}`) };
  }
  const { version } = parse(readFileSync(at("Cargo.toml"), "utf8")).package;
  if (manifest === "Cargo.toml")
    return { name: "cloudauth-edge", version, ref: cargoRef(`cloudauth-edge ${version}`) };
  return { name: "cloudauth-edge-worker", version };
}

function component(ref, hash, { name, version, license }) {
  const group = name.match(/^@[^/]+/)?.[0];
  return {
    type: "library",
    "bom-ref": ref,
    ...(group ? { group } : {}),
    name: group ? name.slice(group.length + 1) : name,
    version,
    ...(hash ? { hashes: [hash] } : {}),
    licenses: [{ expression: license }],
    purl: ref,
  };
}

/** The bill of materials of one product. */
export async function billOf({ manifest, builds, npm }) {
  const { name, version, ref } = identity(manifest);
  const root = ref ?? name;
  const compiled = await crates(builds);
  const packages = npmPackages(npm());
  const entries = new Map();
  const add = (place, what, needed) => entries.set(place, { what, needed });
  for (const crate of compiled) {
    const place = cargoRef(`${crate.name} ${crate.version}`);
    const hash = crate.checksum && { alg: "SHA-256", content: crate.checksum };
    add(place, component(place, hash, crate), crate.needed.map(cargoRef));
  }
  for (const one of packages) {
    const place = npmRef(`${one.name} ${one.version}`);
    const content = Buffer.from(one.integrity.replace(/^sha512-/, ""), "base64").toString("hex");
    add(place, component(place, { alg: "SHA-512", content }, one), one.needed.map(npmRef));
  }
  const top = entries.get(root);
  entries.delete(root);
  // Every product except the crate itself contains the crate.
  const direct = top ? top.needed : [cargoRef(`${compiled[0].name} ${compiled[0].version}`)];
  const roots = npm().map((each) => packages.find((one) => one.name === each));
  const first = [...direct, ...roots.map((one) => npmRef(`${one.name} ${one.version}`))];
  const sorted = [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      component: {
        type: manifest === "Cargo.toml" || manifest === "pkg" ? "library" : "application",
        "bom-ref": root,
        name,
        version,
        licenses: [{ expression: "MIT OR Apache-2.0" }],
        ...(ref ? { purl: ref } : {}),
      },
    },
    components: sorted.map(([, { what }]) => what),
    dependencies: [
      { ref: root, dependsOn: [...new Set(first)].sort() },
      ...sorted.map(([each, { needed }]) => ({ ref: each, dependsOn: needed })),
    ],
  };
}

/** Validates a bill of materials against the official schema; `null` if it is valid. */
export const errorsIn = (text) => new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(text);

await command(import.meta, async ([folder = at("target", "sbom")]) => {
  mkdirSync(folder, { recursive: true });
  for (const [product, parts] of Object.entries(products)) {
    const bill = await billOf(parts);
    const text = `${JSON.stringify(bill, null, 2)}\n`;
    const errors = await errorsIn(text);
    if (errors !== null)
      throw new Failure(`The bill of materials of ${product} is not CycloneDX 1.6.`, {
        output: JSON.stringify(errors, null, 2),
      });
    const file = join(resolve(folder), `${product}.cdx.json`);
    writeFileSync(file, text);
    console.log(`${file}: ${bill.components.length} components`);
  }
});
