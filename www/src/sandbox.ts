import { control } from "#phone/phone-screen.js";

/** A verification as the sandbox's control API returns it. */
export interface Scan {
  certifyId: string;
  stage: "created" | "opened" | "ended" | "expired";
  /** The page that a browser opens; null for an app. */
  certifyUrl: string | null;
  endedAt: string | null;
}

/** The outcomes that can be submitted, as `GET /_sandbox/outcomes` lists them. */
export type Outcomes = object;

/** Calls the sandbox's control API; rejects if it returns an error or does not respond. */
export async function ask<T>(sandbox: string, path: string, method = "GET", content?: object): Promise<T> {
  const { answer } = await control<T>(`${sandbox}/_sandbox/`, { path, method, content });
  return answer;
}
