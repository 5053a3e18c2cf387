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
      {order.value && <Told order={order.value} />}
      <p class="muted small">{text.historyNote}</p>
    </section>
  );
}

function Told({ order: told }: { order: Verification }) {
  const text = t.value.ledger;
  const events: [at: string, what: string, detail: string | undefined][] = [
    [told.createdAt, text.historyCreated, undefined],
  ];
  if (told.certifyId) events.push(["", text.historyStarted, told.certifyId]);
  if (told.decidedAt) {
    events.push([told.decidedAt, text.historyDecided, told.subCode && `SubCode ${told.subCode}`]);
  } else {
    events.push(["", text.historyPending, undefined]);
    if (told.expiresAt) events.push([told.expiresAt, text.historyExpires, undefined]);
  }
  return (
    <>
      <Verdict status={told.status} />
      {told.subCodeInfo && <p class="advice">{pick(told.subCodeInfo.messages)}</p>}
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
