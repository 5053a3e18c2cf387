// A form in a browser, with only the DOM's types.

import { FaceVerifyClient } from "cloudauth-edge";
import { checkCertName, checkCertNo, checkMobile, ready, type Problem } from "cloudauth-edge/identity";

const checks = { certNo: checkCertNo, certName: checkCertName, mobile: checkMobile };

export async function problems(form: HTMLFormElement): Promise<Problem[]> {
  await ready();
  const found: Problem[] = [];
  for (const [name, check] of Object.entries(checks)) {
    const checked = check(String(new FormData(form).get(name)));
    if (!checked.ok) found.push(checked);
  }
  return found;
}

export const client = new FaceVerifyClient({
  credentials: async () => (await fetch("/credentials")).json(),
  dangerouslyAllowBrowser: true,
  fetch: (url, init) => window.fetch(url, init),
});
