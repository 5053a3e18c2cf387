import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect } from "preact/hooks";
import {
  isTokenSendable,
  surroundings,
  titleOf,
  type Failure,
  type FaceVerificationSummary,
} from "../gateway";
import { CopyButton } from "../parts/copy";
import { Facts, type Fact } from "../parts/facts";
import { FailureNotice, Notice } from "../parts/notice";
import { Loading } from "../parts/page";
import { Verdict } from "../parts/verdict";
import { hrefOf } from "../routes";
import { language } from "../preferences";
import { pick, t, timeWithZone } from "../text";
import { asking, leave, opening, order, orderFailure, question, show, update, type Question } from "./state";
import { isAboutToken, TokenField } from "./token";

/** Everything that is known about one order. */
export function OrderPage({ outerOrderNo }: { outerOrderNo: string }) {
  const text = t.value.ledger;
  const ready = surroundings.value !== "loading";
  const failure = orderFailure.value ?? failureOf(question.value);
  // Before the order of an earlier page is painted.
  useLayoutEffect(() => {
    if (ready && isTokenSendable.value) void show(outerOrderNo);
  }, [outerOrderNo, ready]);
  useEffect(() => () => leave(outerOrderNo), []);
  return (
    <section class="card" aria-labelledby="order-title">
      <p>
        <a href={hrefOf("ledger")}>← {text.back}</a>
      </p>
      <div class="order-title">
        <h2 id="order-title">
          {text.order} <code>{outerOrderNo}</code>
        </h2>
        <CopyButton text={outerOrderNo} label={text.order} />
      </div>
      {ready && !opening.value && (!order.value || isAboutToken(failure)) && (
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
        <FailureNotice failure={failure} {...(order.value ? {} : { retry: () => void show(outerOrderNo) })} />
      )}
      {(!ready || opening.value) && <Loading />}
      {order.value && <Known order={order.value} />}
    </section>
  );
}

function failureOf(asked: Question | null): Failure | null {
  return asked && !("outerOrderNo" in Object(asked.answer)) ? (asked.answer as Failure) : null;
}

function Known({ order: known }: { order: FaceVerificationSummary }) {
  const text = t.value.ledger;
  const { billed } = t.value.walkthrough;
  const info = known.subCodeInfo;
  const ids = known.vendorRequestIds;
  const rows: Fact[] = [
    [
      t.value.walkthrough.certifyId,
      known.certifyId && <Id of={known.certifyId} label={t.value.walkthrough.certifyId} />,
    ],
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
    [text.startRequestId, ids?.start && <Id of={ids.start} label={text.startRequestId} />],
    [text.verdictRequestId, ids?.verdict && <Id of={ids.verdict} label={text.verdictRequestId} />],
    [text.question, questionWords(known, question.value)],
  ];
  return (
    <>
      <Verdict status={known.status} />
      <Facts class="order-facts" rows={rows} />
      {!known.decidedAt && known.status !== "expired" && (
        <div class="actions">
          <button
            type="button"
            class="button small"
            aria-disabled={asking.value}
            onClick={() => {
              if (!asking.value) void update(known.outerOrderNo);
            }}
          >
            {t.value.walkthrough.checkNow}
          </button>
          {known.status === "pending" && <p class="muted small">{text.questionNote}</p>}
        </div>
      )}
    </>
  );
}

function Id({ of, label }: { of: string; label: string }) {
  return (
    <>
      <code>{of}</code> <CopyButton text={of} label={label} />
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
  if (typeof answer === "string") {
    const { gatewayTitle, proxyTitle } = t.value.failure;
    return `${timeWithZone(at)} · ${answer === "unreachable" ? gatewayTitle : proxyTitle(answer)}`;
  }
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
