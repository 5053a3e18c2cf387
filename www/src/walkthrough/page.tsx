import { useEffect } from "preact/hooks";
import { learnSurroundings, surroundings } from "../gateway";
import { FailureNotice } from "../parts/notice";
import { Page, WithCore } from "../parts/page";
import { t } from "../text";
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
    <Page title={t.value.walkthrough.title} lead={t.value.walkthrough.lead}>
      {failure && failure !== "loading" && (
        <FailureNotice failure={failure} retry={() => void learnSurroundings()} />
      )}
      <WithCore>
        {(core) => (
          <div class="walk">
            <div class="walk-row">
              <OrderStep core={core} />
              <RequestStep />
            </div>
            <div class="walk-row with-phone">
              <PhoneStep />
              <ResultStep />
            </div>
          </div>
        )}
      </WithCore>
    </Page>
  );
}
