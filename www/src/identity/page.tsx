import { WithCore } from "../parts/page";
import { Tabs } from "../parts/tabs";
import { go, route } from "../routes";
import "../style/identity.css";
import { t } from "../text";
import { ListChecker } from "./list";
import { OneChecker } from "./one";

/** Checks one number and name, or a whole list. */
export function IdentityChecker() {
  const text = t.value.identity;
  const chosen = route.value.part === "list" ? "list" : "one";
  return (
    <WithCore>
      {(core) => (
        <Tabs
          label={text.title}
          tabs={[
            { key: "one", name: text.one },
            { key: "list", name: text.list },
          ]}
          chosen={chosen}
          choose={(key) => go("identity", key === "list" ? "list" : "")}
        >
          {chosen === "one" ? <OneChecker core={core} /> : <ListChecker />}
        </Tabs>
      )}
    </WithCore>
  );
}
