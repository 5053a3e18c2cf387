import { useEffect } from "preact/hooks";
import "#phone/phone-screen.css";
import { learnSurroundings, surroundings } from "../gateway";
import { FailureNotice } from "../parts/notice";
import "../style/walkthrough.css";
import { OrderStep } from "./order";
import { PhoneStep } from "./phone";
import { RequestStep } from "./request";
import { ResultStep } from "./result";
import { resume } from "./state";

/** A whole verification: the order, the request, the phone, the result. */
export function WalkThrough() {
  useEffect(resume, []);
  const here = surroundings.value;
  const failure = typeof here === "object" && "mode" in here ? null : here;
  return (
    <>
      {failure && failure !== "loading" && (
        <FailureNotice failure={failure} retry={() => void learnSurroundings()} />
      )}
      <div class="walk">
        <div class="walk-row">
          <OrderStep />
          <RequestStep />
        </div>
        <div class="walk-row with-phone">
          <PhoneStep />
          <ResultStep />
        </div>
      </div>
    </>
  );
}
