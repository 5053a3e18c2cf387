// The control API of a sandbox that listens.

/** Makes the sandbox fail as described, instead of answering its next call. */
export async function injectFault(endpoint, description) {
  const response = await fetch(`${endpoint}/_sandbox/faults`, {
    method: "POST",
    body: JSON.stringify(description),
  });
  if (!response.ok) throw new Error(await response.text());
}

/** How often the sandbox executed InitFaceVerify for an order. */
export async function startsOf(endpoint, no) {
  const response = await fetch(`${endpoint}/_sandbox/verifications?outerOrderNo=${no}`);
  return (await response.json()).verifications.length;
}

/** Submits a verification, as the phone does. */
export async function submit(endpoint, certifyId, outcome) {
  const response = await fetch(`${endpoint}/_sandbox/verifications/${certifyId}/submit`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ outcome }),
  });
  if (!response.ok) throw new Error(`submit: ${response.status} ${await response.text()}`);
}
