import type { Given } from "./credentials.js";
import type { Credentials } from "./types.js";

/**
 * Credentials from `ALIBABA_CLOUD_ACCESS_KEY_ID`, `ALIBABA_CLOUD_ACCESS_KEY_SECRET` and
 * `ALIBABA_CLOUD_SECURITY_TOKEN`, which Alibaba Cloud's credentials packages read. The client's constructor reports a
 * missing one.
 * @param environment default `process.env`; a Worker passes its `env`
 */
export function credentialsFromEnvironment(
  environment: {
    readonly ALIBABA_CLOUD_ACCESS_KEY_ID?: string | undefined;
    readonly ALIBABA_CLOUD_ACCESS_KEY_SECRET?: string | undefined;
    readonly ALIBABA_CLOUD_SECURITY_TOKEN?: string | undefined;
  } = globalThis.process?.env ?? {},
): Credentials {
  return {
    // The core reports what is missing.
    accessKeyId: environment?.ALIBABA_CLOUD_ACCESS_KEY_ID as string,
    accessKeySecret: environment?.ALIBABA_CLOUD_ACCESS_KEY_SECRET as string,
    securityToken: environment?.ALIBABA_CLOUD_SECURITY_TOKEN || undefined,
  };
}

/**
 * @internal The credentials in the environment. Deno throws if reading the environment is not permitted, which
 * counts as empty.
 */
export function permittedEnvironment(): Given {
  try {
    return credentialsFromEnvironment();
  } catch {
    return {};
  }
}
