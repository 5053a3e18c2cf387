import type { OrderStatus } from "../gateway";
import { t } from "../text";
import { Right, Waiting, Wrong } from "./icons";
import { Notice } from "./notice";

/** A verdict in one word with an explanation; for `passed`, also what it does not mean. */
export function Verdict({ status }: { status: OrderStatus }) {
  const text = t.value.walkthrough;
  const Sign = status === "passed" ? Right : status === "rejected" ? Wrong : Waiting;
  return (
    <>
      <div class={`verdict ${status}`}>
        <Sign />
        <div>
          <strong>{text.standing[status]}</strong>
          <p>{text.standingNote[status]}</p>
        </div>
      </div>
      {status === "passed" && (
        <Notice tone="info" title={text.meaningTitle}>
          <p>{text.meaning}</p>
        </Notice>
      )}
    </>
  );
}
