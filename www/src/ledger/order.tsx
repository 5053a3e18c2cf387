import type { ComponentChildren } from "preact";
import { useLayoutEffect } from "preact/hooks";
import { isTokenSendable, surroundings, titleOf, type FaceVerificationSummary } from "../gateway";
import { CopyButton } from "../parts/copy";
import { Facts, type Fact } from "../parts/facts";
import { FailureNotice, Notice } from "../parts/notice";
import { Loading } from "../parts/page";
import { Verdict } from "../parts/verdict";
import { hrefOf } from "../routes";
import { language } from "../preferences";
import { pick, t, timeWithZone } from "../text";
import { ask, asking, opening, order, orderFailure, question, show, type Question } from "./state";
import { isAboutToken, TokenField } from "./token";

/** Everything that is known about one order. */
export function OrderPage({ outerOrderNo }: { outerOrderNo: string }) {
  const text = t.value.ledger;
  const ready = surroundings.value !== "loading";
  const failure = orderFailure.value;
  // Before the order of an earlier page is painted.
  useLayoutEffect(() => {
    if (ready && isTokenSendable.value) void show(outerOrderNo);
  }, [outerOrderNo, ready]);
  return (
    <section class="card" aria-labelledby="order-title">
      <p>
        <a href={hrefOf("ledger")}>← {text.back}</a>
      </p>
      <h2 id="order-title" class="order-title">
        {text.order} <code>{outerOrderNo}</code>
        <CopyButton text={outerOrderNo} label={text.order} />
      </h2>
      {ready && !order.value && !opening.value && (
        <form
          class="with-button"
          onSubmit={(event) => {
            event.preventDefault();
            void show(outerOrderNo);
          }}
        >
          <TokenField failure={failure} />
          <button type="submit" class="button" disabled={!isTokenSendable.value}>
            {text.openOrder}
          </button>
        </form>
      )}
      {failure === "unknown-order" && (
        <Notice tone="bad" title={text.missed.unknown} live>
          <p>{text.unknownNote}</p>
        </Notice>
      )}
      {failure && failure !== "unknown-order" && !isAboutToken(failure) && (
        <FailureNotice failure={failure} retry={() => void show(outerOrderNo)} />
      )}
      {(!ready || opening.value) && <Loading />}
      {order.value && <Known order={order.value} />}
    </section>
  );
}

function Known({ order: known }: { order: FaceVerificationSummary }) {
  const text = t.value.ledger;
  const { billed } = t.value.walkthrough;
  const info = known.subCodeInfo;
  const ids = known.vendorRequestIds;
  const rows: Fact[] = [
    [t.value.walkthrough.certifyId, known.certifyId && <Id of={known.certifyId} />],
    [text.created, timeWithZone(known.createdAt)],
    [text.validUntil, known.expiresAt && timeWithZone(known.expiresAt)],
    [text.decided, known.decidedAt && timeWithZone(known.decidedAt)],
    [
      text.subCode,
      known.subCode &&
        [known.subCode, language.value === "zh" && info?.vendorMessage].filter(Boolean).join(" "),
    ],
    [t.value.walkthrough.advice, info && pick(info.messages)],
    [billed, known.decidedAt && billing(known)],
    [text.webhook, webhookWords(known)],
    [text.startRequestId, ids?.start && <Id of={ids.start} />],
    [text.verdictRequestId, ids?.verdict && <Id of={ids.verdict} />],
    [text.question, questionWords(known, question.value)],
  ];
  const failed = question.value && !("outerOrderNo" in Object(question.value.answer));
  return (
    <>
      <Verdict status={known.status} />
      <Facts class="order-facts" rows={rows} />
      {failed && question.value && (
        <FailureNotice
          failure={question.value.answer as Exclude<Question["answer"], FaceVerificationSummary>}
        />
      )}
      {known.status === "pending" && (
        <div class="actions">
          <button
            type="button"
            class="button small"
            aria-disabled={asking.value}
            onClick={() => {
              if (!asking.value) void ask(known.outerOrderNo);
            }}
          >
            {t.value.walkthrough.checkNow}
          </button>
          <p class="muted small">{text.questionNote}</p>
        </div>
      )}
    </>
  );
}

function Id({ of }: { of: string }) {
  return (
    <>
      <code>{of}</code> <CopyButton text={of} />
    </>
  );
}

function billing({ subCodeInfo }: FaceVerificationSummary): string {
  const text = t.value.walkthrough;
  if (subCodeInfo?.billed === true) return text.billedYes;
  return subCodeInfo?.billed === false ? text.billedNo : text.billedUnknown;
}

function webhookWords({ webhook, decidedAt }: FaceVerificationSummary): string {
  const text = t.value.ledger;
  if (!webhook) return decidedAt ? text.webhookNone : text.webhookEarly;
  const last = webhook.lastStatus === undefined ? text.webhookNoAnswer : `HTTP ${webhook.lastStatus}`;
  return webhook.deliveredAt
    ? text.webhookDelivered(timeWithZone(webhook.deliveredAt), webhook.attempts, last)
    : text.webhookOpen(webhook.attempts, last);
}

function questionWords(known: FaceVerificationSummary, asked: Question | null): ComponentChildren {
  const text = t.value.ledger;
  if (!asked) return known.decidedAt ? text.questionNotNeeded : null;
  const { at, answer } = asked;
  if (answer === "unreachable") return `${timeWithZone(at)} · ${t.value.failure.gatewayTitle}`;
  const answered = "outerOrderNo" in answer;
  const said = answered
    ? t.value.walkthrough.standing[answer.status]
    : (titleOf(answer) ?? pick(answer.messages));
  return (
    <>
      {timeWithZone(at)} · {said}
      {answer.vendorRequestId && (
        <>
          {" "}
          · {text.vendorRequestId} <code>{answer.vendorRequestId}</code>
        </>
      )}
      {" · "}
      {t.value.failure.requestId} <code>{answer.requestId}</code>
    </>
  );
}
