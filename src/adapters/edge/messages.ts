// Messages to ourselves through QStash: it POSTs them, signed, to a path of this deployment, now or later, and tries again.
import { Client } from "@upstash/qstash";

export type QStashOptions = {
  token: string;
  /** QStash's own address; the default is its global one. */
  url?: string | undefined;
  /** This deployment's address, as QStash reaches it. */
  publicUrl: string;
};

export interface Messages {
  /** `key`: of messages with one key within some minutes, one is sent. */
  send(path: string, options?: { delaySeconds?: number; key?: string }): Promise<void>;
}

const RETRIES = 3;
const DEFAULT_URL = "https://qstash.upstash.io";

export function createMessages({ token, url = DEFAULT_URL, publicUrl }: QStashOptions): Messages {
  const client = new Client({ token, baseUrl: url, retry: { retries: 1 }, enableTelemetry: false, devMode: false });
  return {
    async send(path, { delaySeconds, key } = {}) {
      await client.publishJSON({
        url: new URL(path, publicUrl).href,
        body: {},
        retries: RETRIES,
        ...(delaySeconds === undefined ? {} : { delay: Math.ceil(delaySeconds) }),
        ...(key === undefined ? {} : { deduplicationId: key }),
      });
    },
  };
}
