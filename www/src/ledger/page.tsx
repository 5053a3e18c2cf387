import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { isTokenSendable, statuses, surroundings, type FaceVerificationSummary } from "../gateway";
import { Field } from "../parts/field";
import { FailureNotice } from "../parts/notice";
import { Loading } from "../parts/page";
import { hrefOf, route } from "../routes";
import "../style/ledger.css";
import { label, number, t, time, timeWithZone, zone } from "../text";
import { Chart } from "./chart";
import { OrderPage } from "./order";
import {
  actionFailure,
  choice,
  choose,
  cursor,
  exportAll,
  exported,
  failure,
  forgetList,
  isFiltered,
  loadFirst,
  loadMore,
  loading,
  missed,
  orders,
  search,
  searching,
  sought,
} from "./state";
import { isAboutToken, TokenField } from "./token";

/** The caller's orders. */
export function Ledger() {
  const order = route.value.part;
  const ready = surroundings.value !== "loading";
  useEffect(() => {
    if (ready && isTokenSendable.value && !order && orders.value === null && !loading.value) void loadFirst();
  }, [ready, order]);
  useEffect(() => forgetList, []);
  // Where the list was left for an order: the link back leads there, as the browser's own button does.
  const left = useRef(0);
  return order ? <OrderPage key={order} outerOrderNo={order} /> : <Orders left={left} />;
}

function Orders({ left }: { left: { current: number } }) {
  const text = t.value.ledger;
  const action = actionFailure.value;
  useLayoutEffect(() => {
    scrollTo(0, left.current);
    // Before the next page is rendered, which moves this one.
    return route.subscribe(() => {
      left.current = scrollY;
    });
  }, []);
  return (
    <div class="ledger">
      <div class="card ledger-top">
        <form
          class="with-button"
          onSubmit={(event) => {
            event.preventDefault();
            void loadFirst();
          }}
        >
          <TokenField failure={failure.value ?? action?.failure ?? null} />
          <button type="submit" class="button" disabled={!isTokenSendable.value}>
            {orders.value ? text.refresh : text.open}
          </button>
        </form>
        <form
          class="with-button"
          role="search"
          onSubmit={(event) => {
            event.preventDefault();
            void search();
          }}
        >
          <Field
            label={text.search}
            hint={text.searchNote}
            value={sought.value}
            onInput={(value) => {
              sought.value = value;
              missed.value = null;
            }}
            problem={missed.value ? text.missed[missed.value] : undefined}
            live
            mono
          />
          <button type="submit" class="button" aria-disabled={searching.value}>
            {text.find}
          </button>
        </form>
        <Choices />
      </div>
      {action && !isAboutToken(action.failure) && <FailureNotice {...action} />}
      {failure.value && !orders.value && !isAboutToken(failure.value) && (
        <FailureNotice failure={failure.value} retry={() => void loadFirst()} />
      )}
      {loading.value && !orders.value && <Loading text={text.loadingOrders} />}
      {orders.value && <Listed found={orders.value} />}
    </div>
  );
}

function Choices() {
  const text = t.value.ledger;
  const { status, from, to } = choice.value;
  return (
    <div class="ledger-choice" role="group" aria-label={text.filter}>
      <Field
        label={text.status}
        value={status}
        onInput={(value) => choose({ status: statuses.find((known) => known === value) ?? "" })}
        options={[
          { value: "", label: text.all },
          ...statuses.map((value) => ({ value, label: t.value.walkthrough.standing[value] })),
        ]}
      />
      <Field
        label={text.from}
        type="date"
        value={from}
        onInput={(value) => choose({ from: value })}
        problem={from && to && from > to ? text.fromAfterTo : undefined}
      />
      <Field label={text.to} type="date" value={to} onInput={(value) => choose({ to: value })} />
      <button
        type="button"
        class="button"
        disabled={!orders.value || orders.value.length === 0}
        aria-disabled={exported.value !== null}
        onClick={() => void exportAll()}
      >
        {exported.value === null ? text.export : text.exporting(number(exported.value))}
      </button>
    </div>
  );
}

function Listed({ found }: { found: FaceVerificationSummary[] }) {
  const text = t.value.ledger;
  const now = zone();
  if (found.length === 0 && !cursor.value) {
    return (
      <div class="empty">
        <p>{isFiltered.value ? text.noneOf : text.none}</p>
        {!isFiltered.value && (
          <p>
            <a href={hrefOf("walkthrough")}>{text.noneNote}</a>
          </p>
        )}
      </div>
    );
  }
  return (
    <>
      <Chart />
      <div class="card">
        <div class="scroll" tabIndex={0} role="region" aria-label={text.title}>
          <table class="table orders">
            <thead>
              <tr>
                <th scope="col">{text.status}</th>
                <th scope="col">{text.order}</th>
                <th scope="col">{text.subCode}</th>
                <th scope="col">
                  {text.created}
                  <span class="zone">{t.value.app.inBrackets(now)}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {found.map((order) => (
                <tr key={order.outerOrderNo}>
                  <td>
                    <span class={`standing ${order.status}`}>
                      {t.value.walkthrough.standing[order.status]}
                    </span>
                  </td>
                  <th scope="row">
                    <a class="mono" href={hrefOf("ledger", order.outerOrderNo)}>
                      {order.outerOrderNo}
                    </a>
                  </th>
                  <td>
                    {order.subCode ?? "–"}
                    {order.subCodeInfo && (
                      <span class="sub-code-label">
                        {" "}
                        {label(order.subCodeInfo.vendorMessage, order.subCodeInfo.messages)}
                      </span>
                    )}
                  </td>
                  <td class="when">
                    {zone(new Date(order.createdAt)) === now
                      ? time(order.createdAt)
                      : timeWithZone(order.createdAt)}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        {cursor.value && <More key={cursor.value} />}
      </div>
    </>
  );
}

/** Loads the next page when the end of the list comes into view; a button does the same. */
function More() {
  const end = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!end.current) return;
    const watcher = new IntersectionObserver(
      (seen) => {
        if (seen.some(({ isIntersecting }) => isIntersecting)) void loadMore();
      },
      { rootMargin: "600px" },
    );
    watcher.observe(end.current);
    return () => watcher.disconnect();
  }, []);
  return (
    <div class="actions" ref={end}>
      {failure.value ? (
        <FailureNotice failure={failure.value} retry={() => void loadMore()} />
      ) : (
        <button type="button" class="button" aria-disabled={loading.value} onClick={() => void loadMore()}>
          {t.value.ledger.more}
        </button>
      )}
    </div>
  );
}
