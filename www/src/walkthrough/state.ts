import { batch, computed, effect, signal } from "@preact/signals";
import { core, type Preview } from "../core";
import * as gateway from "../gateway";
import { known, type Failure, type StartedFaceVerification, type FaceVerification } from "../gateway";
import * as sandbox from "../sandbox";
import type { Outcomes, Scan } from "../sandbox";

export const fields = [
  "outerOrderNo",
  "sceneId",
  "userId",
  "certName",
  "certNo",
  "metaInfo",
  "model",
  "mobile",
  "ip",
  "certifyUrlType",
  "returnUrl",
] as const;
export type FieldName = (typeof fields)[number];
export type Order = Record<FieldName, string>;

/** Sample values from Alibaba Cloud's documentation, with a published sample number. */
const SAMPLE: Order = {
  outerOrderNo: "",
  sceneId: "1000000006",
  userId: "123456789",
  certName: "张三",
  certNo: "11010519491231002X",
  metaInfo:
    '{"zimVer":"3.0.0","appVersion": "1","bioMetaInfo": "4.1.0:11501568,0","appName": "com.aliyun.antcloudauth","deviceType": "ios","osVersion": "iOS 10.3.2","apdidToken": "","deviceModel": "iPhone9,1"}',
  model: "",
  mobile: "",
  ip: "",
  certifyUrlType: "",
  returnUrl: "",
};

/** The sandbox's published key pair, with which the gateway signs in development. */
const SANDBOX_KEY = { id: "sandbox-key-id", secret: "sandbox-key-secret" };

/** Stands for a team's sandbox, whose URL only the gateway knows. */
const TEAM_SANDBOX = "https://sandbox.example";

const LOOK_AGAIN_MS = 2_000;
const LOOK_AGAIN_AFTER_FAILURE_MS = 5_000;

export const order = signal<Order>(SAMPLE);
export const starting = signal(false);
export const started = signal<StartedFaceVerification | null>(null);
export const startFailure = signal<Failure | null>(null);
export const verification = signal<FaceVerification | null>(null);
export const asking = signal(false);
export const readFailure = signal<Failure | null>(null);
/** The verification in the sandbox, if the sandbox is the upstream. */
export const scan = signal<Scan | null>(null);
export const outcomes = signal<Outcomes | null>(null);

export function set(field: FieldName, value: string): void {
  order.value = { ...order.value, [field]: value };
  // It was the other order that failed.
  if (field === "outerOrderNo") startFailure.value = null;
}

gateway.token.subscribe(() => {
  const failure = startFailure.peek();
  if (typeof failure === "object" && failure?.code === "unauthenticated") startFailure.value = null;
});

export function newOrderNo(): void {
  const module = core.value;
  if (typeof module !== "object") return;
  const made = module.freshOrderNo("demo", Date.now());
  if ("Ok" in made) set("outerOrderNo", made.Ok);
}

core.subscribe(() => {
  if (order.peek().outerOrderNo === "") newOrderNo();
});

// Other accounts have other scenes; the gateway's own scene is then the right one.
effect(() => {
  if (known()?.mode === "production" && order.peek().sceneId === SAMPLE.sceneId) set("sceneId", "");
});

/** What is sent to the gateway: every field that is filled in. */
export const input = computed(() =>
  Object.fromEntries(Object.entries(order.value).filter(([, value]) => value !== "")),
);

/** The request as the gateway sends it, or the errors in the order; null without the module. */
export const previewed = computed<Preview | null>(() => {
  const module = core.value;
  if (typeof module !== "object") return null;
  const here = known();
  const sceneless = order.value.sceneId === "";
  const shown = module.previewRequest(
    {
      action: "InitFaceVerify",
      // The gateway fills in its own scene, which this page does not know.
      parameters: sceneless ? { ...input.value, sceneId: "1" } : input.value,
      scheme: here?.signatureVersion ?? "1.0",
      endpoint: here?.sandbox ?? (here?.mode === "staging" ? TEAM_SANDBOX : null),
      key: here?.sandbox ? SANDBOX_KEY : null,
    },
    Date.now(),
  );
  if (sceneless && shown.request) {
    for (const entry of [...shown.request.query, ...shown.request.form]) {
      if (entry.name === "SceneId") Object.assign(entry, { value: "…", masked: true });
    }
  }
  return shown;
});

/** Counts runs, so that responses to an earlier run are dropped. */
let run = 0;
let timer: ReturnType<typeof setTimeout> | undefined;

export async function start(restartUnknown = false): Promise<boolean> {
  const mine = ++run;
  batch(() => {
    starting.value = true;
    startFailure.value = null;
  });
  const answer = await gateway.start(input.value, restartUnknown);
  if (mine !== run) return false;
  batch(() => {
    starting.value = false;
    if (answer.ok) {
      started.value = answer.body;
      const { certifyId, certifyUrl = null } = answer.body;
      scan.value = { certifyId, certifyUrl, stage: "created", endedAt: null };
    } else {
      startFailure.value = answer.failure;
    }
  });
  if (answer.ok) void ask();
  return answer.ok;
}

export function startOver(): void {
  run += 1;
  clearTimeout(timer);
  batch(() => {
    starting.value = false;
    asking.value = false;
    started.value = null;
    verification.value = null;
    startFailure.value = null;
    readFailure.value = null;
    scan.value = null;
    newOrderNo();
  });
}

/** Reads the result, and again later while there is none. */
export async function ask(): Promise<void> {
  const order = started.value?.outerOrderNo;
  if (!order) return;
  const mine = run;
  clearTimeout(timer);
  asking.value = true;
  void lookAtPhone();
  const answer = await gateway.read(order, true);
  if (mine !== run) return;
  clearTimeout(timer);
  batch(() => {
    asking.value = false;
    readFailure.value = answer.ok ? null : answer.failure;
    if (answer.ok) verification.value = answer.body;
  });
  if (answer.ok) {
    if (answer.body.status === "pending")
      timer = setTimeout(() => void ask(), Math.max(answer.retryAfterMs, LOOK_AGAIN_MS));
  } else if (typeof answer.failure === "string" || answer.failure.retryable) {
    const wait = Math.max(answer.retryAfterMs, LOOK_AGAIN_AFTER_FAILURE_MS);
    timer = setTimeout(() => void ask(), wait);
  }
}

/** Continues a verification when the user returns to the page. */
export function resume(): () => void {
  const open = started.value && (!verification.value || verification.value.status === "pending");
  if (open && !asking.value) void ask();
  return () => clearTimeout(timer);
}

/** Reads the phone's state, because the verification may also proceed elsewhere. */
async function lookAtPhone(): Promise<void> {
  const address = known()?.sandbox;
  const certifyId = started.value?.certifyId;
  if (!address || !certifyId) return;
  const mine = run;
  try {
    outcomes.value ??= await sandbox.ask<Outcomes>(address, "outcomes");
    const shown = await sandbox.ask<Scan>(address, `verifications/${certifyId}`);
    if (mine === run) scan.value = shown;
  } catch {
    // The phone reports errors when someone uses it; the next poll may succeed.
  }
}

/** Performs an action of the phone: open, give up or submit. */
export function actOnPhone(certifyId: string, verb: string, content?: object): Promise<Scan> {
  const address = known()?.sandbox ?? "";
  return sandbox.ask<Scan>(address, `verifications/${certifyId}/${verb}`, "POST", content);
}

/** Called after an action with its verification; undefined if it was refused. */
export function phoneChanged(changed: Scan | undefined): void {
  if (changed && changed.certifyId !== started.value?.certifyId) return;
  if (changed) scan.value = changed;
  if (changed?.stage === "ended") void ask();
  else void lookAtPhone();
}
