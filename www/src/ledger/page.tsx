import { useEffect } from "preact/hooks";
import { standings, surroundings, token, type Summary } from "../gateway";
import { Field } from "../parts/field";
import { FailureNotice } from "../parts/notice";
import { Loading, Page } from "../parts/page";
import { hrefOf, route } from "../routes";
import "../style/ledger.css";
import { number, t, time, vendorWords } from "../text";
import { Chart } from "./chart";
import { History } from "./history";
import { choose, failure, hasMore, loadFirst, loadMore, loading, orders, status } from "./state";

/** The caller's orders. */
export function Ledger() {
  const text = t.value.ledger;
  const order = route.value.part;
  const ready = surroundings.value !== "loading";
  useEffect(() => {
    if (ready && token.value && orders.value === null && !loading.value) void loadFirst();
  }, [ready]);
  return (
    <Page title={text.title} lead={text.lead}>
      {order ? <History key={order} outerOrderNo={order} /> : <Orders />}
    </Page>
  );
}

function Orders() {
  const text = t.value.ledger;
  return (
    <div class="ledger">
      <form
        class="card ledger-choice"
        onSubmit={(event) => {
          event.preventDefault();
          void loadFirst();
        }}
      >
        <Field
          label={text.token}
          hint={text.tokenNote}
          type="password"
          value={token.value}
          onInput={(value) => (token.value = value)}
          mono
        />
        <Field
          label={text.status}
          value={status.value}
          onInput={(value) => choose(standings.find((known) => known === value) ?? "")}
          options={[
            { value: "", label: text.all },
            ...standings.map((value) => ({ value, label: t.value.walkthrough.standing[value] })),
          ]}
        />
        <button type="submit" class="button" disabled={token.value === "" || loading.value}>
          {orders.value ? text.refresh : text.open}
        </button>
      </form>
      {failure.value && <FailureNotice failure={failure.value} retry={() => void loadFirst()} />}
      {loading.value && !orders.value && <Loading text={text.loadingOrders} />}
      {orders.value && <Listed found={orders.value} />}
    </div>
  );
}

function Listed({ found }: { found: Summary[] }) {
  const text = t.value.ledger;
  if (found.length === 0) {
    return (
      <div class="empty">
        <p>{status.value ? text.noneOf : text.none}</p>
        {!status.value && (
          <p>
            <a href={hrefOf("walkthrough")}>{text.noneNote}</a>
          </p>
        )}
      </div>
    );
  }
  return (
    <>
      <Chart count={number(found.length)} />
      <div class="card">
        <div class="scroll" tabIndex={0} role="region" aria-label={text.title}>
          <table class="table orders">
            <thead>
              <tr>
                <th scope="col">{text.status}</th>
                <th scope="col">{text.order}</th>
                <th scope="col">{text.subCode}</th>
                <th scope="col">{text.created}</th>
              </tr>
            </thead>
            <tbody>
              {found.map((order) => (
                <tr key={order.outerOrderNo}>
                  <td>
                    <Standing of={order} />
                  </td>
                  <th scope="row">
                    <a class="mono" href={hrefOf("ledger", order.outerOrderNo)}>
                      {order.outerOrderNo}
                    </a>
                  </th>
                  <td>
                    {order.subCode ?? "–"}
                    {order.subCodeInfo && (
                      <span class="wide-only">
                        {" "}
                        {vendorWords(order.subCodeInfo.vendorMessage, order.subCodeInfo.messages)}
                      </span>
                    )}
                  </td>
                  <td class="when">{time(order.createdAt)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        {hasMore.value && (
          <div class="actions">
            <button type="button" class="button" disabled={loading.value} onClick={() => void loadMore()}>
              {text.more}
            </button>
          </div>
        )}
      </div>
    </>
  );
}

function Standing({ of }: { of: Summary }) {
  return <span class={`standing ${of.status}`}>{t.value.walkthrough.standing[of.status]}</span>;
}
