import { isTokenSendable, token, type Failure } from "../gateway";
import { Field } from "../parts/field";
import { t } from "../text";

/**
 * Whether the failure is about the token itself, in which case it is shown at the token's field.
 */
export function isAboutToken(failure: Failure | "unknown-order" | null): boolean {
  return tokenProblem(failure) !== undefined;
}

function tokenProblem(failure: Failure | "unknown-order" | null): string | undefined {
  if (!failure || typeof failure === "string") return undefined;
  if (failure.code === "unauthenticated") return t.value.ledger.tokenInvalid;
  if (failure.code === "insufficient-scope") return t.value.ledger.tokenScope;
  return undefined;
}

export function TokenField({ failure }: { failure: Failure | "unknown-order" | null }) {
  const text = t.value.ledger;
  return (
    <Field
      label={text.token}
      hint={text.tokenNote}
      type="password"
      value={token.value}
      onInput={(value) => (token.value = value)}
      problem={token.value && !isTokenSendable.value ? text.tokenCharacters : tokenProblem(failure)}
      live
      mono
    />
  );
}
