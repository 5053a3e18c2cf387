import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { photo, token, type GatewayPicture, type FaceVerification } from "../gateway";
import { CodePanel, Code } from "../parts/code";
import { Facts, type Fact } from "../parts/facts";
import { FailureNotice, Notice } from "../parts/notice";
import { Loading } from "../parts/page";
import { Verdict } from "../parts/verdict";
import { language } from "../preferences";
import { number, pick, t, time } from "../text";
import { bringIntoView } from "./order";
import { readSnippets } from "./snippets";
import { ask, asking, input, order, readFailure, started, verification } from "./state";
import { Step } from "./step";

export function ResultStep() {
  const text = t.value.walkthrough;
  const result = verification.value;
  const decided = result !== null && result.status !== "pending";
  const verdict = useRef<HTMLDivElement>(null);
  const wasDecided = useRef(decided);
  useEffect(() => {
    const came = (decided || readFailure.value !== null) && !wasDecided.current;
    wasDecided.current = decided;
    if (came && verdict.current && !isInView(verdict.current)) bringIntoView(".step-result");
  }, [decided, readFailure.value]);
  return (
    <Step
      id="result"
      number={4}
      title={text.steps.result}
      lead={text.resultLead}
      state={started.value ? (decided ? "done" : "open") : "later"}
    >
      {!started.value && <p class="empty">{text.resultNone}</p>}
      <div aria-live="polite" ref={verdict}>
        {result && <Verdict status={result.status} />}
        {readFailure.value && <FailureNotice failure={readFailure.value} />}
      </div>
      {started.value && (
        <div class="actions">
          <button
            type="button"
            class="button small"
            aria-disabled={asking.value}
            onClick={() => {
              if (!asking.value) void ask();
            }}
          >
            {text.checkNow}
          </button>
          {!decided && <p class="muted small">{text.live}</p>}
        </div>
      )}
      {result && <Details result={result} />}
      {result && (
        <details class="code-panel">
          <summary>{text.raw}</summary>
          <Code text={JSON.stringify(result, withoutAddress, 2)} label={text.raw} />
        </details>
      )}
      <CodePanel
        label={text.steps.result}
        snippets={readSnippets(
          { gateway: location.origin, token: token.value },
          input.value["outerOrderNo"] ?? "",
          started.value?.certifyId ?? "CERTIFY_ID",
          order.value.sceneId,
        )}
      />
    </Step>
  );
}

function isInView(element: Element): boolean {
  const { top, bottom } = element.getBoundingClientRect();
  return top >= 0 && bottom <= innerHeight;
}

function Details({ result }: { result: FaceVerification }) {
  const text = t.value.walkthrough;
  const verdict = result.status === "pending" ? null : result;
  const info = verdict?.subCodeInfo;
  const material = verdict && "material" in verdict ? verdict.material : undefined;
  const picture = material?.facialPictureFront;
  const billed =
    info?.billed === true ? text.billedYes : info?.billed === false ? text.billedNo : text.billedUnknown;
  const yesNo = (flag: boolean | undefined) => (flag === undefined ? null : flag ? text.yes : text.no);
  const rows: Fact[] = [
    [
      text.subCode,
      verdict?.subCode &&
        [verdict.subCode, language.value === "zh" && info?.vendorMessage].filter(Boolean).join(" "),
    ],
    [text.advice, info && pick(info.messages)],
    [text.billed, info && billed],
    [
      text.quality,
      picture?.qualityScore === undefined ? null : text.qualityOf(number(picture.qualityScore, 1)),
    ],
    [text.attack, yesNo(material?.faceAttack)],
    [text.occlusion, yesNo(material?.faceOcclusion)],
    [text.created, time(result.createdAt)],
    [text.decided, verdict?.decidedAt && time(verdict.decidedAt)],
    [text.validUntil, verdict?.decidedAt ? null : time(result.expiresAt)],
  ];
  return (
    <div class="result">
      <Facts rows={rows} />
      {(picture?.pictureUrl ?? picture?.photo) && (
        <Photo key={result.requestId} of={result.outerOrderNo} picture={picture} />
      )}
      {verdict?.materialUnavailable && (
        <Notice tone="warn">
          <p>{text.materialUnavailable}</p>
        </Notice>
      )}
    </div>
  );
}

const TICK_MS = 5_000;

function Photo({ of, picture }: { of: string; picture: GatewayPicture }) {
  const text = t.value.walkthrough;
  const now = useSignal(Date.now());
  const address = useSignal<string | null>("");
  useEffect(() => {
    let left = false;
    void photo(of).then((blob) => {
      if (!left) address.value = blob && URL.createObjectURL(blob);
    });
    return () => {
      left = true;
      if (address.value) URL.revokeObjectURL(address.value);
    };
  }, []);
  useEffect(() => {
    const timer = setInterval(() => (now.value = Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  const until = picture.pictureUrlExpiresAt ? Date.parse(picture.pictureUrlExpiresAt) : NaN;
  const minutes = Math.ceil((until - now.value) / 60_000);
  return (
    <figure class="photo">
      {address.value === "" && <Loading />}
      {address.value === null && <p class="empty">{text.pictureBroken}</p>}
      {address.value && (
        <img src={address.value} alt={text.pictureAlt} onError={() => (address.value = null)} />
      )}
      <figcaption>
        <strong>{text.picture}</strong>
        {!Number.isNaN(minutes) && (
          <span>{minutes > 0 ? text.pictureMinutes(minutes) : text.pictureExpired}</span>
        )}
        {picture.pictureUrl && <span class="muted small">{text.pictureSecret}</span>}
      </figcaption>
    </figure>
  );
}

/** The photo's URL is a secret, and of no use as text. */
function withoutAddress(name: string, value: unknown): unknown {
  return name === "pictureUrl" ? "…" : value;
}
