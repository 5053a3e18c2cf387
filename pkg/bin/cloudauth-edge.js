#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";

/** The terminal's language, which Node derives from the locale. */
const isChinese = Intl.DateTimeFormat().resolvedOptions().locale.startsWith("zh");
const say = (zh, en) => (isChinese ? zh : en);

const USAGE = say(
  `cloudauth-edge sandbox [选项]

在本机启动阿里云金融级实人认证（Cloudauth 2019-03-07）的模拟服务。

  --port <端口>       监听端口（默认 8788）；0 表示任一空闲端口
  --host <地址>       监听地址（默认 127.0.0.1）
  --public-url <URL>  浏览器和程序访问沙箱的地址，如 https://sandbox.example，
                      用于 CertifyUrl 和照片地址（默认取自请求的 Host）
  --file <路径>       把状态保存到这个文件；不设置时只在内存中
  --config <路径>     JSON 文件：用 "accounts" 代替演示账号；设置 "controlToken" 后，
                      调用控制接口须携带该令牌（不设置时任何人都可调用）
  --verbose           每个请求输出一行日志：方法、路径、状态码和耗时
  --version           显示版本
  -h, --help          显示本说明
`,
  `cloudauth-edge sandbox [options]

Serves an emulator of Alibaba Cloud's face verification (Cloudauth 2019-03-07) on this machine.

  --port <number>     the port to listen on (8788); 0 for any free one
  --host <address>    the address to listen on (127.0.0.1)
  --public-url <url>  where browsers and programs reach it, such as
                      https://sandbox.example, for CertifyUrl and the URLs of
                      pictures (the request's Host)
  --file <path>       also keep the state in this file
  --config <path>     a JSON file with "accounts" that replace the demo account, and a
                      "controlToken" that the control API then requires
  --verbose           log each request: its method, path, status and duration
  --version           print the version
  -h, --help          print this text
`,
);

const OPTIONS = {
  port: { type: "string", default: "8788" },
  host: { type: "string", default: "127.0.0.1" },
  "public-url": { type: "string" },
  file: { type: "string" },
  config: { type: "string" },
  verbose: { type: "boolean", default: false },
  version: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
};

/** The members that a configuration may have. */
const CONFIG = ["accounts", "controlToken"];

/** How often to check whether the npx that started this process is still running. */
const LOOK_EVERY_MS = 500;
const parent = process.ppid;

function fail(message) {
  process.stderr.write(`cloudauth-edge: ${message}\n`);
  process.exit(2);
}

function readArguments() {
  try {
    return parseArgs({ options: OPTIONS, allowPositionals: true });
  } catch (error) {
    const [, option] = /'(--?[^' ]+)/.exec(error.message) ?? [];
    if (error.code !== "ERR_PARSE_ARGS_UNKNOWN_OPTION" || !option) {
      return fail(`${error.message}\n\n${USAGE}`);
    }
    return fail(`${say(`没有选项 ${option}。`, `there is no option ${option}.`)}\n\n${USAGE}`);
  }
}

/** A file's text. Windows programs write a byte order mark, and PowerShell writes UTF-16. */
function decoded(bytes) {
  const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : "utf-8";
  return new TextDecoder(encoding).decode(bytes);
}

function readConfig(path) {
  let config;
  try {
    config = JSON.parse(decoded(readFileSync(path)));
  } catch (error) {
    fail(
      say(
        `--config: 无法将 ${path} 读取为 JSON：${error.message}`,
        `--config: cannot read ${path} as JSON: ${error.message}`,
      ),
    );
  }
  if (config === null || typeof config !== "object" || Array.isArray(config)) {
    fail(say(`--config: ${path} 的内容应为 JSON 对象`, `--config: ${path} must hold a JSON object`));
  }
  // A misspelt controlToken must not silently leave the control API open.
  const unknown = Object.keys(config).find((name) => !CONFIG.includes(name));
  if (unknown !== undefined) {
    fail(
      say(
        `--config: ${path} 只能包含 ${CONFIG.join(" 和 ")}，不能包含 ${unknown}`,
        `--config: ${path} may have ${CONFIG.join(" and ")}, and not ${unknown}`,
      ),
    );
  }
  return config;
}

/** Explains why the sandbox does not start, and what to do. */
function explain(error, { port, host, file }) {
  if (error.code === "EADDRINUSE") {
    return say(
      `端口 ${port} 已被占用，请用 --port 换一个端口，或停止占用它的程序`,
      `port ${port} is taken: choose another with --port, or stop what listens there`,
    );
  }
  if (error.code === "EACCES" && error.syscall === "listen") {
    return say(
      `端口 ${port} 为保留端口，请用 --port 选择 1024 及以上的端口`,
      `port ${port} is reserved: choose one from 1024 on with --port`,
    );
  }
  if (["EADDRNOTAVAIL", "ENOTFOUND", "EAI_AGAIN"].includes(error.code)) {
    return say(`--host: ${host} 不是本机的地址`, `--host: ${host} is not an address of this machine`);
  }
  if (error.code === "ERR_SANDBOX_PUBLIC_URL") {
    return say(
      "--public-url 应为 http://主机名[:端口] 或 https://主机名[:端口]，不带路径、查询参数或用户名",
      "--public-url must be http://host[:port] or https://host[:port], without path, query or user name",
    );
  }
  if (error.code === "ERR_SANDBOX_FILE") {
    return say(
      `--file: ${file} 不是沙箱的状态文件，未作改动，请换一个路径`,
      `--file: ${file} is not a state file of the sandbox and was not changed: choose another path`,
    );
  }
  if (error.code === "ERR_SANDBOX_FILE_IN_USE") {
    return say(
      `--file: ${file} 正由进程 ${error.pid} 中的另一个沙箱使用，请换一个路径，或停止那个沙箱；如果没有沙箱在运行，请删除 ${file}.lock`,
      `--file: ${file} is used by another sandbox, in process ${error.pid}: choose another path, or stop that sandbox; if no sandbox runs, delete ${file}.lock`,
    );
  }
  if (error.path === undefined) return error.message;
  return say(`--file: 无法使用 ${file}：${error.message}`, `--file: cannot use ${file}: ${error.message}`);
}

/** The accounts served: the demo account, or those of the configuration, without their secrets. */
function accountSummary(accounts) {
  if (accounts === undefined) {
    return `  AccessKeyId      sandbox-key-id
  AccessKeySecret  sandbox-key-secret
  SceneId          1000000006`;
  }
  const lines = accounts.flatMap(({ keys, scenes }) => [
    ...keys.map(({ accessKeyId }) => `  AccessKeyId      ${accessKeyId}`),
    ...scenes.map(({ sceneId }) => `  SceneId          ${sceneId}`),
  ]);
  return lines.join("\n");
}

function welcome(url, account) {
  const { host, hostname, port } = new URL(url);
  const ready = say(
    `沙箱已就绪：${url}   （按 Ctrl-C 停止）
这是模拟服务，不会真正核验任何人。`,
    `The sandbox is ready: ${url}   (stop it with Ctrl-C)
It is an emulator: no real person is ever verified.`,
  );
  return `${ready}

${account}

${say("把 SDK 的 endpoint 改为：", "Point your SDK at it:")}
  npm cloudauth-edge                     endpoint: "${url}"
  npm @alicloud/pop-core                 endpoint: "${url}"
  npm @alicloud/cloudauth20190307        endpoint: "${host}", protocol: "http"
  Python alibabacloud-cloudauth20190307  Config(endpoint="${host}", protocol="http", ...)
  Python aliyun-python-sdk-cloudauth     AcsClient(..., port=${port || 80}); request.set_endpoint("${hostname}")
  Java com.aliyun:cloudauth20190307      new Config().setEndpoint("${host}").setProtocol("http")
  Java aliyun-java-sdk-cloudauth         request.setSysEndpoint("${host}")
  Go cloudauth-20190307                  &openapi.Config{Endpoint: tea.String("${host}"), Protocol: tea.String("HTTP"), ...}
  Go alibaba-cloud-sdk-go                client.Domain = "${host}"; request.Scheme = "http"
  PHP alibabacloud/cloudauth-20190307    new Config(["endpoint" => "${host}", "protocol" => "http", ...])
  C# AlibabaCloud.SDK.Cloudauth20190307  new Config { Endpoint = "${host}", Protocol = "http", ... }

${say("扮演手机：", "Act as the phone:")}
  ${url}/_sandbox/phone
  curl -d '{"outcome":"passed"}' ${url}/_sandbox/verifications/<CertifyId>/submit
`;
}

/**
 * Stops on signals and when npx ends: npx only stops the shell between itself and this process, so the port would remain in
 * use. A command started without npx may outlive its parent.
 */
function stopOnSignalOrParentExit(stop) {
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  if (process.env.npm_command !== "exec") return;
  setInterval(() => process.ppid !== parent && stop(), LOOK_EVERY_MS).unref();
}

/** A request as one line. Queries and bodies contain personal data and are not logged. */
function logged({ method, path, status, millis }) {
  process.stdout.write(`${method} ${path} ${status ?? "-"} ${Math.round(millis)} ms\n`);
}

const { values, positionals } = readArguments();
if (values.help) {
  process.stdout.write(USAGE);
} else if (values.version) {
  const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url)));
  process.stdout.write(`${version}\n`);
} else if (positionals.length !== 1 || positionals[0] !== "sandbox") {
  fail(`${say('需要命令 "sandbox"。', 'expected the command "sandbox".')}\n\n${USAGE}`);
} else {
  const port = Number(values.port);
  if (!/^\d+$/.test(values.port) || port > 65_535) {
    fail(say("--port 应为 0 至 65535 的整数", "--port must be a number from 0 to 65535"));
  }
  // Node would listen on every address.
  if (values.host === "") {
    fail(say("--host 应为地址，不能为空", "--host must be an address; it must not be empty"));
  }
  const { createSandbox } = await import("../dist/bundle/sandbox.js");
  const config = values.config === undefined ? {} : readConfig(values.config);
  let sandbox;
  try {
    sandbox = createSandbox({ ...config, file: values.file });
    const { url } = await sandbox.listen({
      port,
      host: values.host,
      publicUrl: values["public-url"],
      ...(values.verbose ? { onAnswer: logged } : {}),
    });
    // Registered before the ready message is printed, because the reader may stop it immediately.
    stopOnSignalOrParentExit(async () => {
      await sandbox.close();
      process.exit(0);
    });
    process.stdout.write(welcome(url, accountSummary(config.accounts)));
  } catch (error) {
    fail(explain(error, values));
  }
}
