import { useEffect } from "preact/hooks";
import { surroundings, token, type Verification } from "../gateway";
import { CopyButton } from "../parts/copy";
import { FailureNotice } from "../parts/notice";
import { Loading } from "../parts/page";
import { hrefOf } from "../routes";
import { pick, t, time } from "../text";
import { Verdict } from "../walkthrough/result";
import { order, orderFailure, show } from "./state";

/** What happened to one order. */
export function History({ outerOrderNo }: { outerOrderNo: string }) {
  const text = t.value.ledger;
  const ready = surroundings.value !== "loading";
  useEffect(() => {
    if (ready) void show(outerOrderNo);
  }, [outerOrderNo, ready, token.value]);
  return (
    <section class="card" aria-labelledby="history-title">
      <p>
        <a href={hrefOf("ledger")}>← {text.back}</a>
      </p>
      <h2 id="history-title" class="history-title">
        {text.history} <code>{outerOrderNo}</code>
        <CopyButton text={outerOrderNo} label={text.order} />
      </h2>
      {orderFailure.value && (
        <FailureNotice failure={orderFailure.value} retry={() => void show(outerOrderNo)} />
      )}
      {!order.value && !orderFailure.value && <Loading />}
      {order.value && <Events order={order.value} />}
      <p class="muted small">{text.historyNote}</p>
    </section>
  );
}

function Events({ order }: { order: Verification }) {
  const text = t.value.ledger;
  const events: [at: string, what: string, detail: string | undefined][] = [
    [order.createdAt, text.historyCreated, undefined],
  ];
  if (order.certifyId) events.push(["", text.historyStarted, order.certifyId]);
  if (order.decidedAt) {
    events.push([order.decidedAt, text.historyDecided, order.subCode && `SubCode ${order.subCode}`]);
  } else {
    events.push(["", text.historyPending, undefined]);
    if (order.expiresAt) events.push([order.expiresAt, text.historyExpires, undefined]);
  }
  return (
    <>
      <Verdict status={order.status} />
      {order.subCodeInfo && <p class="advice">{pick(order.subCodeInfo.messages)}</p>}
      <ol class="history">
        {events.map(([at, what, detail]) => (
          <li key={what}>
            <span class="history-time muted">{at ? time(at) : ""}</span>
            <span>
              {what}
              {detail && (
                <>
                  {" "}
                  <code>{detail}</code>
                </>
              )}
            </span>
          </li>
        ))}
      </ol>
    </>
  );
}
