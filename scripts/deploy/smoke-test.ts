// Whether a deployment works: it is ready, answers its API, and refuses whom it does not know.

const PATIENCE_MILLISECONDS = 60_000; // a new address takes a while to be known everywhere
const PAUSE_MILLISECONDS = 1_000;

/** Throws with what does not work. */
export async function smokeTest(url: string, { patience = PATIENCE_MILLISECONDS } = {}): Promise<void> {
  await untilReady(url, Date.now() + patience);
  const reference = await fetch(`${url}/api/openapi.json`);
  if (!reference.ok) throw new Error(`${url}/api/openapi.json answered ${reference.status}, expected 200.`);
  const stranger = await fetch(`${url}/api/v1/jobs`);
  if (stranger.status !== 401) throw new Error(`${url}/api/v1/jobs answered a stranger with ${stranger.status}, expected 401.`);
  const forger = await fetch(`${url}/internal/sweep`, { method: "POST", body: "{}" });
  if (forger.status !== 401) throw new Error(`${url}/internal/sweep answered an unsigned message with ${forger.status}, expected 401.`);
}

async function untilReady(url: string, deadline: number): Promise<void> {
  for (;;) {
    const answer = await fetch(`${url}/health/ready`).then(
      async (response) => (response.ok ? null : `${response.status} ${await response.text()}`),
      (error: unknown) => String(error),
    );
    if (answer === null) return;
    if (Date.now() > deadline) throw new Error(`${url} does not get ready: ${answer}`);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MILLISECONDS));
  }
}
