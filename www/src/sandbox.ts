import { control } from "#pkg/phone/phone-screen.js";

/** A verification as the sandbox's control API shows it. */
export interface Scan {
  certifyId: string;
  stage: "created" | "opened" | "ended" | "expired";
  /** The page that a browser opens; null for an app. */
  certifyUrl: string | null;
  endedAt: string | null;
}

/** What can be submitted, as `GET /_sandbox/outcomes` lists it. */
export type Outcomes = object;

/** Calls the control API of the sandbox; rejects if it refuses or does not answer. */
export async function ask<T>(sandbox: string, path: string, method = "GET", content?: object): Promise<T> {
  const { answer } = await control<T>(`${sandbox}/_sandbox/`, { path, method, content });
  return answer;
}
