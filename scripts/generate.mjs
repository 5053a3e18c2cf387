// npm run generate: writes what is generated from the Rust tables and the TypeScript sources.
//   pkg/src/parameters.ts   the parameters of both actions
//   worker/openapi.json     the schema of a start (the rest of the file is hand-written)
//   docs/codes*.md          the rows of the tables: every code, its meaning, who must act, whether to retry
//   docs/api/               the reference of the npm package
// With --check, which is part of the lint, it writes nothing and fails if a file is not current.

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { codesPage } from "./lib/codes-page.mjs";
import { Failure, must } from "./lib/process.mjs";
import { command } from "./lib/progress.mjs";
import { at, filesUnder, root } from "./lib/project.mjs";
import { setUp } from "./setup.mjs";

const LANGUAGES = ["en", "zh"];

/** Sentences of a description in one language, without those that are not set. */
const sentences = (language, ...texts) => {
  const set = texts.filter(Boolean).map((text) => text[language]);
  return set.join(language === "zh" ? "" : " ");
};

/** What the type cannot express: when an optional parameter is mandatory, and its default. */
function condition({ mandatory, mandatoryFor, default: value }) {
  if (value) return { zh: `默认为 ${value}。`, en: `Default \`${value}\`.` };
  if (mandatory || mandatoryFor.length === 0) return undefined;
  const words = mandatoryFor.map((product) => `\`${product}\``);
  return { zh: `${mandatoryFor.join("、")} 必填。`, en: `Mandatory for ${words.join(", ")}.` };
}

function type({ integer, values, open }) {
  if (integer) return "SceneId";
  if (values.length === 0) return "string";
  const words = values.map((value) => JSON.stringify(value)).join(" | ");
  // One of the documented values, or a newer one.
  return open ? `${words} | (string & Record<never, never>)` : words;
}

/** What the client adds to the meaning of a parameter. */
const CLIENT = {
  outerOrderNo: { zh: "可由 newOuterOrderNo 生成。", en: "Generate one with `newOuterOrderNo`." },
  productCode: {
    zh: "其他产品须开启 allowOtherProducts 选项。",
    en: "Other products require the option `allowOtherProducts`.",
  },
};

/** A comment of two paragraphs. */
function comment(paragraphs) {
  const lines = paragraphs.map((text) => text.replaceAll(/(?=\S)(.{1,110})(?: |$)/g, "\n   * $1"));
  return `/**${lines.join("\n   *")}\n   */`;
}

const INTERFACES = {
  InitFaceVerify: "Parameters of InitFaceVerify: Alibaba Cloud's names, in camelCase.",
  DescribeFaceVerify: "Parameters of DescribeFaceVerify: Alibaba Cloud's names, in camelCase.",
};

export function typescript({ actions }) {
  const interfaces = actions.map(({ name, parameters }) => {
    const members = parameters.map((parameter) => {
      const { field, text, limit, mandatory } = parameter;
      const described = LANGUAGES.map((language) =>
        sentences(language, text, CLIENT[field], limit, condition(parameter)),
      );
      const [mark, more] = mandatory ? ["", ""] : ["?", " | undefined"];
      return `  ${comment(described)}\n  ${field}${mark}: ${type(parameter)}${more};`;
    });
    return `/** ${INTERFACES[name]} */\nexport interface ${name}Parameters {\n${members.join("\n")}\n}\n`;
  });
  return `// Written by \`npm run generate\` from the tables in src/actions/. Change them there.

/** A 64-bit integer: pass numbers above \`Number.MAX_SAFE_INTEGER\` as bigint or string. */
export type SceneId = number | bigint | string;

${interfaces.join("\n")}`;
}

/** What the gateway adds to the meaning of a parameter. */
const GATEWAY = {
  sceneId: {
    zh: "不传时使用网关设置的场景。",
    en: "Without it, the gateway uses its own.",
  },
  productCode: {
    zh: "其他产品须由网关的运维人员允许。",
    en: "Others than `LR_FR` need the permission of the gateway's operator.",
  },
  outerOrderNo: {
    zh: "同一订单无论重复多少次，只发起一次。",
    en: "One order is started once, whatever is repeated.",
  },
};
/** The product whose mandatory parameters the gateway demands, and the parameter that its settings supply. */
const [PRODUCT, SUPPLIED] = ["LR_FR", "sceneId"];

/** The description with the schemas that the table determines. */
export function openapi(document, { actions, pictureSources, shared }) {
  const [{ parameters }] = actions;
  const properties = parameters.map(({ field, text, limit, schema, values, open, default: value }) => {
    const documented = open && values.length > 1 ? words(values) : undefined;
    const described = LANGUAGES.map((language) =>
      sentences(language, text, GATEWAY[field], limit, documented),
    );
    const { $ref, type, ...rest } = schema;
    const kind = $ref ? { $ref: `#/components/schemas/${$ref}` } : { ...(type && { type }) };
    return [
      field,
      { ...kind, description: described.join("\n\n"), ...rest, ...(value && { default: value }) },
    ];
  });
  const together = pictureSources.filter((source) => source.length > 1);
  const alone = pictureSources.map((source) => source.at(-1));
  const pairs = alone.flatMap((one, index) => alone.slice(index + 1).map((other) => [one, other]));
  const schema = {
    type: "object",
    properties: Object.fromEntries(properties),
    required: parameters
      .filter(({ field, mandatoryFor }) => mandatoryFor.includes(PRODUCT) && field !== SUPPLIED)
      .map(({ field }) => field),
    additionalProperties: false,
    description:
      "The parameters of InitFaceVerify, in camelCase. Unknown parameters are rejected. The gateway also accepts Alibaba Cloud's names (`OuterOrderNo`), and null for an omitted parameter.",
    dependentRequired: Object.fromEntries(
      together.flatMap((names) => names.map((name) => [name, names.filter((other) => other !== name)])),
    ),
    not: {
      description: "Only one photo to compare with can be passed.",
      anyOf: pairs.map((required) => ({ required })),
    },
  };
  const schemas = { ...document.components.schemas, ...shared, NewFaceVerification: schema };
  return { ...document, components: { ...document.components, schemas } };
}

const words = (values) => ({
  zh: `文档列出的取值：${values.join("、")}。`,
  en: `Documented values: ${values.map((value) => `\`${value}\``).join(", ")}.`,
});

async function formatted(file, text) {
  const { format, resolveConfig } = await import("prettier");
  return format(text, { ...(await resolveConfig(at(file))), filepath: at(file) });
}

/** What the Rust tables determine: each file and its text. */
async function fromTables() {
  const printed = await must(
    "cargo",
    ["run", "--quiet", "--locked", "--all-features", "--example", "tables"],
    { advice: "scripts/tables.rs prints the tables of src/actions/, src/vendor/ and src/gateway/." },
  );
  const tables = JSON.parse(printed);
  const document = JSON.parse(readFileSync(at("worker", "openapi.json"), "utf8"));
  const files = {
    "pkg/src/parameters.ts": typescript(tables.parameters),
    "worker/openapi.json": JSON.stringify(openapi(document, tables.parameters), null, 2),
  };
  const written = Object.entries(files).map(async ([file, text]) => [file, await formatted(file, text)]);
  return [
    ...(await Promise.all(written)),
    ...Object.entries({ "docs/codes.md": "en", "docs/codes.zh-CN.md": "zh" }).map(([file, language]) => [
      file,
      codesPage(readFileSync(at(file), "utf8"), tables, language),
    ]),
  ];
}

const REFERENCE = "docs/api";

/** The reference: each file and its text. */
async function reference() {
  const folder = mkdtempSync(join(tmpdir(), "cloudauth-edge-api-"));
  try {
    const options = ["--options", at("scripts", "reference", "typedoc.json"), "--out", folder];
    await must(
      "node",
      [at("scripts", "reference", "node_modules", "typedoc", "bin", "typedoc"), ...options],
      {
        advice: "Fix what TypeDoc reports above: pkg/src/ has the sources.",
      },
    );
    return filesUnder(folder).map((file) => [
      `${REFERENCE}/${relative(folder, file).replaceAll("\\", "/")}`,
      readFileSync(file, "utf8"),
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const current = (file) => (existsSync(at(file)) ? readFileSync(at(file), "utf8") : undefined);

/** What is left in the reference of things that are no longer exported. */
const outdated = (files) =>
  (existsSync(at(REFERENCE)) ? filesUnder(at(REFERENCE)) : [])
    .map((file) => relative(root, file).replaceAll("\\", "/"))
    .filter((file) => !files.some(([name]) => name === file));

await command(import.meta, async (args) => {
  const check = args[0] === "--check";
  await setUp(["rust", "reference"]);
  // The reference describes pkg/src/parameters.ts.
  const tables = await fromTables();
  const differing = (files) => files.filter(([file, text]) => current(file) !== text);
  const write = (files) => {
    for (const [file, text] of files) {
      mkdirSync(dirname(at(file)), { recursive: true });
      writeFileSync(at(file), text);
    }
  };
  const changed = differing(tables);
  if (!check) write(changed);
  const pages = await reference();
  const left = outdated(pages);
  changed.push(...differing(pages));
  if (!check) {
    write(changed);
    for (const file of left) rmSync(at(file));
    console.log(`${changed.length} files written, ${left.length} removed`);
    return;
  }
  const wrong = [...changed.map(([file]) => file), ...left];
  if (wrong.length > 0) {
    throw new Failure("Some generated files are not current.", {
      output: wrong.join("\n"),
      advice: "Run npm run generate and commit what it writes.",
    });
  }
  console.log(`${tables.length + pages.length} generated files are current`);
});
